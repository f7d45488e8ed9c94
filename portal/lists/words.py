"""The names of a list's settings, and the value chosen in a form."""

from enum import StrEnum
from typing import Any, TypeVar

from flask import request

from models import FromField, Invalid, Language, ListDelivery, ListKind, SelfService
from portal.web.i18n import gettext as _

Word = TypeVar("Word", bound=StrEnum)


def list_words() -> dict[str, Any]:
    """Return the values of each setting with their labels, in the page's language."""
    return {
        "kinds": {
            ListKind.ANNOUNCEMENT: _("Announcements: members can only read"),
            ListKind.DISCUSSION: _("Discussion: members talk to each other"),
        },
        "deliveries": {
            ListDelivery.MEMBERS: _("To each member"),
            ListDelivery.LIST_ADDRESS: _("Once, to the list's own address"),
        },
        "services": {
            SelfService.OPEN: _("Members can join and leave by themselves"),
            SelfService.CLOSED: _("Only administrators can add and remove members"),
        },
        "from_fields": {
            FromField.AUTOMATIC: _("The author, or the list if the author has another domain"),
            FromField.AUTHOR: _("The author"),
            FromField.LIST: _("The list; replies go to the author"),
        },
        "languages": {
            Language.ENGLISH: "English",
            Language.FRENCH: "Français",
            Language.GERMAN: "Deutsch",
        },
    }


def chosen(kind: type[Word], field: str) -> Word:
    """Return the value of a form field; raises Invalid if it is not one of `kind`."""
    try:
        return kind(request.form.get(field, ""))
    except ValueError:
        raise Invalid("Please choose one of the options.") from None
