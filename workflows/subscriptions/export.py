"""Export the addresses of a list as a text file, in the format of a push."""

from contextlib import closing
from typing import IO

from sqlalchemy.orm import Session

from models import Actor, MailingList, Right
from workflows.access import require
from workflows.sync.snapshot import ADDRESSES


def export(session: Session, mailing_list: MailingList, file: IO[bytes], *, actor: Actor) -> None:
    """Write one address per line, sorted by bytes, into the stream while PostgreSQL reads them.

    Raises Trespass without the right to edit lists.
    """
    require(actor, Right.EDIT_LISTS, list_id=mailing_list.id)
    with closing(session.connection().connection.cursor()) as cursor:
        cursor.copy_expert(ADDRESSES.format(list_id=int(mailing_list.id)), file)
