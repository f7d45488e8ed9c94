"""What a search box finds: rows in which each of the words stands somewhere."""

from typing import Any

from sqlalchemy import ColumnElement, and_, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from models import MailingList, Message, User

# More words than this make no search better, and each one costs: with a dozen PostgreSQL takes the
# question for so long that it compiles it first (JIT), for half a second.
WORDS = 5

PEOPLE = (User.name, User.address_key)
LISTS = (
    MailingList.short_name,
    MailingList.name,
    MailingList.address_key,
    MailingList.description,
)
MESSAGES = (Message.subject, User.name)  # of whoever wrote it


def holds(text: str, columns: tuple[InstrumentedAttribute[Any], ...]) -> ColumnElement[bool]:
    """Whether each word of `text` is part of one of the columns, whatever its case."""
    words = text.replace("\0", "").split()[:WORDS]
    return and_(
        true(),
        *(
            # Not of lower(column), of which PostgreSQL has no statistics to plan by.
            or_(*(column.icontains(word, autoescape=True) for column in columns))
            for word in words
        ),
    )
