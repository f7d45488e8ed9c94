"""Search boxes: rows that contain each of the words somewhere."""

from typing import Any

from sqlalchemy import ColumnElement, and_, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from models import MailingList, Message, User

# Words per search.  More do not improve it, and a dozen make PostgreSQL compile the statement first
# (JIT), which takes half a second.
MAX_WORDS = 5

PEOPLE = (User.name, User.address_key)
LISTS = (
    MailingList.short_name,
    MailingList.name,
    MailingList.address_key,
    MailingList.description,
)
MESSAGES = (Message.subject, User.name)  # the author's name


def matches(text: str, columns: tuple[InstrumentedAttribute[Any], ...]) -> ColumnElement[bool]:
    """Return the condition that each word of `text` is part of one of the columns, in any case."""
    words = text.replace("\0", "").split()[:MAX_WORDS]
    return and_(
        true(),
        *(
            # ILIKE: for lower(column) PostgreSQL has no statistics.
            or_(*(column.icontains(word, autoescape=True) for column in columns))
            for word in words
        ),
    )
