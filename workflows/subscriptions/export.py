"""Write who is on a list as a text file, the way a push does."""

from contextlib import closing
from typing import IO

from sqlalchemy.orm import Session

from models import Actor, MailingList, Right
from workflows.access import require
from workflows.sync.snapshot import ADDRESSES


def export(session: Session, mailing_list: MailingList, file: IO[bytes], *, actor: Actor) -> None:
    """Write an address per line, sorted by bytes, into any stream, while they are read.

    Raises Trespass for a person who may not edit lists.
    """
    require(actor, Right.EDIT_LISTS, list_id=mailing_list.id)
    with closing(session.connection().connection.cursor()) as cursor:
        cursor.copy_expert(ADDRESSES.format(list_id=int(mailing_list.id)), file)
