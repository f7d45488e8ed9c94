"""A person's history, page by page: for themselves, and for those who may view users."""

from dataclasses import asdict
from functools import partial

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Right, User
from portal.audit.search import field, id_of_row
from portal.web.i18n import page_language
from portal.web.paging import ROWS
from portal.web.sign_in import current_actor, current_user, signed_in
from portal.wording.audit_sentences import sentence
from workflows.access import require, user_by_id
from workflows.queries.audit_search import names_in
from workflows.queries.user_history import Position, history

pages = Blueprint("history", __name__)


@pages.get("/account/history")
@signed_in
def mine() -> ResponseReturnValue:
    """Show the reader's own history."""
    return history_page(current_user())


@pages.get("/users/<id:user_id>/history")
@signed_in
def of_person(user_id: int) -> ResponseReturnValue:
    """Show another person's history."""
    require(current_actor(), Right.VIEW_USERS)
    return history_page(user_by_id(g.session, user_id))


def history_page(person: User) -> ResponseReturnValue:
    """Render one page of the history."""
    position = Position(field("entry", id_of_row), field("change", id_of_row))
    entries = history(g.session, person, position, limit=ROWS + 1)
    rows, here = (
        entries[:ROWS],
        partial(url_for, str(request.endpoint), **(request.view_args or {})),
    )
    language, known = page_language(), names_in(g.session, rows)
    return render_template(
        "history/history.html",
        person=person,
        rows=rows,
        newest=None if position == Position() else here(),
        older=here(**asdict(position.after(rows))) if len(entries) > ROWS else None,
        sentences=[sentence(entry, language, known) for entry in rows],
        list_names=known.lists,
    )
