"""The home page."""

from flask import Blueprint, current_app, g, render_template
from flask.typing import ResponseReturnValue

from models import Right
from portal.web.sign_in import current_user, signed_in
from workflows.sendout.hold import held_since
from workflows.sync.status import stuck_pushes

pages = Blueprint("home", __name__)


@pages.get("/")
@signed_in
def show() -> ResponseReturnValue:
    """Show the reader's pages, whether all sendouts are held, and pushes that need attention."""
    maillists_enabled = current_app.config["LISTGATE"].maillists_enabled
    user = current_user()
    can_act = maillists_enabled and user.may_somewhere(Right.EDIT_LISTS)
    return render_template(
        "home.html",
        held_since=held_since(g.session),
        stuck=stuck_pushes(g.session, user) if can_act else [],
    )
