"""The first page: where the person may go."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal.web.sign_in import signed_in

pages = Blueprint("home", __name__)


@pages.get("/")
@signed_in
def show() -> ResponseReturnValue:
    """The places that are open to whoever reads this."""
    return render_template("home.html")
