"""The blueprint of the pages about mailing lists, and the look-up of the list in the URL."""

from flask import Blueprint, g

from models import MailingList, Right
from portal.web.sign_in import current_actor
from workflows.access import require
from workflows.lists.lists import list_by_id

pages = Blueprint("lists", __name__, url_prefix="/mailing-lists")


def list_for(list_id: int, right: Right = Right.EDIT_LISTS) -> MailingList:
    """Return the list, if the reader has this right on it; raises Trespass, Unknown."""
    require(current_actor(), right, list_id=list_id)
    return list_by_id(g.session, list_id)
