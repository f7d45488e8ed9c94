"""A house that has been lived in: 10,000 people, 200 lists, 5,000 messages and all about them."""

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from sqlalchemy import func, select

from benchmarks.seeding import settle
from benchmarks.visits import Places, Reader
from models import Message, ModerationRequest, RequestState, User
from models.database import engine
from notifications.mime.compose import TypedMessage, compose_mail
from notifications.mime.parse import Attachment
from workflows.lists import lists
from workflows.sync.snapshot import read_addresses, store_snapshot
from workflows.transaction import transaction

SCRIPT: Final = Path(__file__).with_suffix(".sql")

# What most messages are: a page or two, and one small file.
LINES: Final = 40
LINE: Final = "Please come, all of you, and bring your friends and their questions."

# The people whom the script knows by their numbers, and the list of everybody.
PEOPLE: Final = {Reader.ADMINISTRATOR: 1, Reader.APPROVER: 2, Reader.AUTHOR: 3}
EVERYBODY: Final = 1

# The last message to everybody that was sent, and a draft of the author's.
SENT, DRAFT = 4501, 4970


def seed_full_house() -> None:
    """Fill an empty, migrated database."""
    with engine.begin() as connection, closing(connection.connection.cursor()) as cursor:
        cursor.execute("create temporary table letter (raw bytea) on commit drop")
        cursor.execute("insert into letter values (%s)", [a_letter()])
        cursor.execute(SCRIPT.read_text())
    keep_a_push()
    settle()


def a_letter() -> bytes:
    """What every message says."""
    html = "".join(f"<p>{LINE}</p>" for _ in range(LINES))
    file = Attachment("agenda.pdf", "application/pdf", len(LINE), LINE.encode())
    author = User(name="Ada Lovelace", address="ada@example.org")
    return compose_mail(
        TypedMessage("General assembly", "\n".join([LINE] * LINES), html, [file]), author
    )


def keep_a_push() -> None:
    """Have the list of everybody a last good push to be compared with."""
    with transaction() as session, TemporaryFile(buffering=0) as file:
        everybody = lists.list_by_id(session, EVERYBODY)
        read_addresses(session, everybody, file)
        store_snapshot(session, everybody.id, file)


def places() -> Places:
    """Where most is to be seen."""
    numbers = select(func.min(ModerationRequest.id)).join(Message)
    still_open = numbers.where(
        Message.list_id == EVERYBODY, ModerationRequest.state == RequestState.OPEN
    )
    with transaction() as session:
        question = session.scalars(still_open).one()
    return Places(
        list_id=EVERYBODY,
        approver_list_id=1,
        role_id=1,
        user_id=PEOPLE[Reader.APPROVER],
        message_id=SENT,
        draft_id=DRAFT,
        request_id=question,
        answer=f"link-{question}-{PEOPLE[Reader.APPROVER]}",
        link="reset-5",
    )
