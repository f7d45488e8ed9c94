"""The blueprint of the pages about mailing lists, and the list that an address names."""

from flask import Blueprint, g

from models import MailingList, Right
from portal.web.sign_in import current_actor
from workflows.access import require
from workflows.lists.lists import list_by_id

pages = Blueprint("lists", __name__, url_prefix="/mailing-lists")


def asked_list(list_id: int, right: Right = Right.EDIT_LISTS) -> MailingList:
    """The list, for somebody with this right; raises Trespass, Unknown."""
    require(current_actor(), right, list_id=list_id)
    return list_by_id(g.session, list_id)
