"""The blueprint of the pages about people, and the look-up of the person in the URL."""

from flask import Blueprint, g

from models import Right, User
from portal.web.sign_in import current_actor
from workflows.access import require, user_by_id

pages = Blueprint("people", __name__)


def person_for(right: Right, user_id: int) -> User:
    """Return the person, if the reader has this right; raises Trespass, Unknown."""
    require(current_actor(), right)
    return user_by_id(g.session, user_id)
