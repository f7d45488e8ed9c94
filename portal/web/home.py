"""The home page."""

from flask import Blueprint, g, render_template
from flask.typing import ResponseReturnValue

from portal.web.sign_in import signed_in
from workflows.sendout.hold import held_since

pages = Blueprint("home", __name__)


@pages.get("/")
@signed_in
def show() -> ResponseReturnValue:
    """Show the pages that are open to the reader, and whether all sendouts are held."""
    return render_template("home.html", held_since=held_since(g.session))
