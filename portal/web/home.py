"""The home page."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal.web.sign_in import signed_in

pages = Blueprint("home", __name__)


@pages.get("/")
@signed_in
def show() -> ResponseReturnValue:
    """Show the pages that are open to the reader."""
    return render_template("home.html")
