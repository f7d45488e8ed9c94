"""Somebody's history, one page at a time: for themselves, and for whoever may view users."""

from dataclasses import asdict
from functools import partial

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Right, User
from portal.audit.search import given, id_of_row
from portal.web.i18n import page_language
from portal.web.paging import ROWS
from portal.web.sign_in import current_actor, current_user, signed_in
from portal.wording.audit_sentences import sentence
from workflows.access import require, user_by_id
from workflows.queries.audit_search import names
from workflows.queries.user_history import Position, history

pages = Blueprint("history", __name__)


@pages.get("/account/history")
@signed_in
def mine() -> ResponseReturnValue:
    """What I did, and what was done about me."""
    return shown(current_user())


@pages.get("/users/<id:user_id>/history")
@signed_in
def of_person(user_id: int) -> ResponseReturnValue:
    """The same about somebody else."""
    require(current_actor(), Right.VIEW_USERS)
    return shown(user_by_id(g.session, user_id))


def shown(person: User) -> ResponseReturnValue:
    """One page of it; the names of people and lists are looked up for all rows at once."""
    reached = Position(given("entry", id_of_row), given("change", id_of_row))
    found = history(g.session, person, reached, limit=ROWS + 1)
    rows, here = found[:ROWS], partial(url_for, str(request.endpoint), **(request.view_args or {}))
    language, known = page_language(), names(g.session, rows)
    return render_template(
        "history/history.html",
        person=person,
        rows=rows,
        newest=None if reached == Position() else here(),
        older=here(**asdict(reached.after(rows))) if len(found) > ROWS else None,
        sentences=[sentence(entry, language, known) for entry in rows],
        list_names=known.lists,
    )
