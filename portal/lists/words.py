"""The names of a list's settings, and the value chosen in a form."""

from enum import StrEnum
from typing import Any, TypeVar

from flask import request

from models import FromField, Invalid, Language, ListDelivery, ListKind, SelfService, WhoMayAsk
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
        "askers": {
            WhoMayAsk.AUTHORS: _("Only authors: who has Right 9601 or 601 on the list"),
            WhoMayAsk.MEMBERS: _("Authors and members"),
            WhoMayAsk.ACCOUNTS: _("Everyone with an account"),
        },
        "services": {
            SelfService.OPEN: _("Open: anyone with a log-in may join and leave"),
            SelfService.ON_REQUEST: _("On request: the list's owners decide who joins"),
            SelfService.CLOSED: _("Closed: only administrators and owners add and remove members"),
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


def typed_limit() -> int | None:
    """Return the limit of open requests in the form, None if it has no such field; raises Invalid.

    An empty field is no limit.
    """
    typed = request.form.get("max_open_requests")
    if typed is None:
        return None
    digits = typed.strip() or "0"
    if not (digits.isdecimal() and len(digits) < 10):
        raise Invalid("The limit of open requests is a number, or 0 for no limit.")
    return int(digits)


def chosen(kind: type[Word], field: str) -> Word:
    """Return the value of a form field; raises Invalid if it is not one of `kind`."""
    try:
        return kind(request.form.get(field, ""))
    except ValueError:
        raise Invalid("Please choose one of the options.") from None
