"""Where the pages about people are registered, and how they find whom they are about."""

from flask import Blueprint, g

from models import Right, User
from portal.web.sign_in import current_actor
from workflows.access import require, user_by_id

pages = Blueprint("people", __name__)


def person_to(right: Right, user_id: int) -> User:
    """The person a page is about; raises Trespass for readers without `right`, and Unknown."""
    require(current_actor(), right)
    return user_by_id(g.session, user_id)
