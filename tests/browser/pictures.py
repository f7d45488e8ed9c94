"""The pictures of the tour: what each shows, and how."""

from typing import NamedTuple


class Picture(NamedTuple):
    """A page as a person sees it; `who` is empty for a page that needs no log-in."""

    name: str
    who: str
    path: str
    phone: bool = False
    dark: bool = False


PICTURES = (
    Picture("log-in", "", "/log-in", phone=True),
    Picture("start", "ada", "/"),
    Picture("write", "ada", "/messages/{draft}/draft"),
    Picture("draft", "ada", "/messages/{draft}"),
    Picture("waiting", "grace", "/requests", phone=True),
    Picture("request", "grace", "/requests/{opened}", phone=True),
    Picture("answer", "", "{answer}", dark=True),
    Picture("late", "linus", "/requests/{decided}"),
    Picture("rejected", "ada", "/messages/{rejected}"),
    Picture("scheduled", "barbara", "/messages/{scheduled}"),
    Picture("sent", "ada", "/messages/{sent}"),
    Picture("outbox", "ada", "/messages"),
    Picture("my-lists", "edsger", "/my/lists", phone=True),
    Picture("details", "edsger", "/account/details", phone=True),
    Picture("history", "edsger", "/account/history"),
    Picture("codes", "edsger", "/account/codes", phone=True),
    Picture("administration", "barbara", "/"),
    Picture("lists", "barbara", "/mailing-lists"),
    Picture("list", "barbara", "/mailing-lists/{announce}"),
    Picture("members", "barbara", "/mailing-lists/{choir}/subscribers"),
    Picture("import", "barbara", "/mailing-lists/{announce}/import"),
    Picture("approver-list", "barbara", "/approver-lists/{approvers}"),
    Picture("pushes", "barbara", "/mailing-lists/{choir}/pushes"),
    Picture("confirmation", "barbara", "/mailing-lists/{choir}/pushes/confirmation"),
    Picture("people", "barbara", "/users"),
    Picture("person", "barbara", "/users/{edsger}"),
    Picture("removal", "barbara", "/users/{edsger}/removal"),
    Picture("role", "barbara", "/roles/1"),
    Picture("trail", "barbara", "/trail"),
)
