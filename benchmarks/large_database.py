"""A database after years of use: 10,000 users, 200 lists, 5,000 messages and what followed."""

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryFile
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from benchmarks.seeding import settle
from benchmarks.visits import Reader, UrlValues
from models import (
    ApproverKeys,
    LinkPurpose,
    MailedLink,
    Message,
    ModerationRequest,
    RequestState,
    User,
)
from models.database import engine
from notifications.letters.keys import Keys, hashed
from notifications.mime.compose import TypedMessage, compose_mail
from notifications.mime.parse import Attachment
from settings import settings
from workflows.lists import lists
from workflows.subscriptions.tokens import token_of
from workflows.sync.snapshot import read_addresses, store_snapshot
from workflows.transaction import transaction

SCRIPT: Final = Path(__file__).with_suffix(".sql")

# A typical message: a page or two, and one small file.
LINES: Final = 40
LINE: Final = "Please come, all of you, and bring your friends and their questions."

# The users that the script names by id, and the list with everyone.
PEOPLE: Final = {Reader.ADMINISTRATOR: 1, Reader.APPROVER: 2, Reader.AUTHOR: 3}
EVERYONE: Final = 1

# The last message sent to the list with everyone, and a draft of the author.
SENT, DRAFT = 4501, 4970


def seed_large_database() -> None:
    """Fill an empty, migrated database."""
    with engine.begin() as connection, closing(connection.connection.cursor()) as cursor:
        cursor.execute("create temporary table letter (raw bytea) on commit drop")
        cursor.execute("insert into letter values (%s)", [a_letter()])
        cursor.execute(SCRIPT.read_text())
    snapshot_everyone()
    settle()


def a_letter() -> bytes:
    """Return the content of every message."""
    html = "".join(f"<p>{LINE}</p>" for _ in range(LINES))
    file = Attachment("agenda.pdf", "application/pdf", len(LINE), LINE.encode())
    author = User(name="Ada Lovelace", address="ada@example.org")
    return compose_mail(
        TypedMessage("General assembly", "\n".join([LINE] * LINES), html, [file]), author
    )


def snapshot_everyone() -> None:
    """Store a snapshot of the list with everyone, for the next push to compare with."""
    with transaction() as session, TemporaryFile(buffering=0) as file:
        everyone = lists.list_by_id(session, EVERYONE)
        read_addresses(session, everyone, file)
        store_snapshot(session, everyone.id, file)


def url_values() -> UrlValues:
    """Return the values for URLs whose pages show the most."""
    numbers = select(func.min(ModerationRequest.id)).join(Message)
    still_open = numbers.where(
        Message.list_id == EVERYONE, ModerationRequest.state == RequestState.OPEN
    )
    with transaction() as session:
        question = session.scalars(still_open).one()
        unsubscribe = token_of(session, EVERYONE, PEOPLE[Reader.APPROVER])
        answer, link = answer_token(session, question), reset_token(session)
    return UrlValues(
        list_id=EVERYONE,
        approver_list_id=1,
        role_id=1,
        service_id=1,
        user_id=PEOPLE[Reader.APPROVER],
        message_id=SENT,
        draft_id=DRAFT,
        request_id=question,
        list_set_id=1,
        answer=answer,
        link=link,
        unsubscribe=unsubscribe,
    )


def answer_token(session: Session, request_id: int) -> str:
    """Return the token of the approver's link to the decision, as this SECRET_KEY derives it."""
    own = select(ApproverKeys).where(
        ApproverKeys.request_id == request_id, ApproverKeys.user_id == PEOPLE[Reader.APPROVER]
    )
    found = session.scalars(own).one()
    token = Keys.from_settings(settings).link_token(found.id)
    found.link_hash = hashed(token)
    return token


def reset_token(session: Session) -> str:
    """Return the token of a link to choose a password, as this SECRET_KEY derives it."""
    unused = select(MailedLink).where(
        MailedLink.purpose == LinkPurpose.RESET, MailedLink.used_at.is_(None)
    )
    found = session.scalars(unused.order_by(MailedLink.id).limit(1)).one()
    token = Keys.from_settings(settings).mailed_token(found.id)
    found.token_hash = hashed(token)
    return token
