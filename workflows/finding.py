"""What a search box finds: rows in which each of the words stands somewhere."""

from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, true
from sqlalchemy.orm import InstrumentedAttribute

from models import MailingList, User

# More words than this make no search better, and each one costs.
WORDS = 5

PEOPLE = (User.name, User.address_key)
LISTS = (
    MailingList.short_name,
    MailingList.name,
    MailingList.address_key,
    MailingList.description,
)


def holds(text: str, columns: tuple[InstrumentedAttribute[Any], ...]) -> ColumnElement[bool]:
    """Whether each word of `text` is part of one of the columns, whatever its case."""
    words = text.replace("\0", "").lower().split()[:WORDS]
    return and_(
        true(),
        *(
            or_(*(func.lower(column).contains(word, autoescape=True) for column in columns))
            for word in words
        ),
    )
