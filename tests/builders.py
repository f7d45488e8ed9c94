"""Builders of test data: the cast, messages, lists, requests."""

import os
import subprocess
from collections.abc import Mapping
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session
from typer.testing import CliRunner, Result

from models import (
    Act,
    Actor,
    ApproverKeys,
    ApproverList,
    Decision,
    Dispatch,
    Door,
    LetterName,
    MailingList,
    Message,
    MessageState,
    ModerationRequest,
    Notification,
    RequestState,
    Role,
    Subscription,
    User,
    Verdict,
    WhoMayAsk,
    record,
)
from models.clock import now
from notifications.mime.list_mail import example_copy
from notifications.smtp.relay import Mailer, Relay
from portal.cli import app
from sandbox.mailbox import Mailbox
from tests.account_letters import trigger_account_letter
from tests.letter_context import COPY_SETTINGS
from tests.push_letters import trigger_push_letter
from tests.reply_letters import trigger_reply_letter
from tests.sendout_letters import trigger_sendout_letter
from workflows import access
from workflows.lists import lists
from workflows.messages import drafts
from workflows.messages.write import Draft, write
from workflows.moderation import deadlines
from workflows.moderation.decide import decide, request_approval, withdraw
from workflows.moderation.digest import join_digest
from workflows.notify import notify, notify_administrators
from workflows.people.users import add_user
from workflows.sendout.schedule import schedule
from workflows.subscriptions.subscribe import subscribe

LIMIT = 25_000_000
ROOT: Final = Path(__file__).parent.parent


class Cast(NamedTuple):
    """Ada writes, Grace and Linus approve, Barbara administers, Edsger is a member and no more."""

    ada: User
    grace: User
    linus: User
    barbara: User
    edsger: User
    approvers: ApproverList
    announce: MailingList


def cast(session: Session) -> Cast:
    """Add the cast, their list and its approver list."""
    ada = person(session, "Ada Lovelace", "author")
    grace = person(session, "Grace Hopper")
    linus = person(session, "Linus Torvalds")
    barbara = person(session, "Barbara Liskov", "administrator")
    edsger = person(session, "Edsger Dijkstra")
    approvers = lists.create_approver_list(
        session, "editors", [grace, linus], actor=Actor.operator()
    )
    announce = a_list(session, "announce")
    lists.assign_approvers(session, announce, approvers, actor=Actor.operator())
    for member in (edsger, barbara):
        subscribe(session, member, announce, actor=Actor(member, Door.PORTAL))
    session.flush()
    return Cast(ada, grace, linus, barbara, edsger, approvers, announce)


def the_cast(session: Session) -> Cast:
    """Return the people whom `cast` added to this database."""
    ada, grace, linus, barbara, edsger = session.scalars(select(User).order_by(User.id)).all()
    approvers = session.scalars(select(ApproverList)).one()
    announce = session.scalars(select(MailingList)).one()
    return Cast(ada, grace, linus, barbara, edsger, approvers, announce)


def person(session: Session, name: str, *roles: str) -> User:
    """Add a user whose address is their first name at example.org."""
    address = f"{name.split(maxsplit=1)[0].lower()}@example.org"
    return add_user(session, address, name, roles=roles, actor=Actor.operator())


def a_list(session: Session, short_name: str) -> MailingList:
    """A list without approvers and members, to which everyone writes as much as they like."""
    new = lists.NewList(
        short_name,
        f"{short_name}@lists.example.org",
        short_name.title(),
        who_may_ask=WhoMayAsk.ACCOUNTS,
        max_open_requests=0,
    )
    return lists.create_list(session, new, actor=Actor.operator())


def an_eml(subject: str = "General assembly", **headers: str) -> bytes:
    """A message as an author's mail program writes it."""
    mail = EmailMessage()
    mail["From"] = "Ada Lovelace <ada@example.org>"
    mail["To"] = "announce@lists.example.org"
    mail["Subject"] = subject
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content("Dear members,\n\nplease come.\n")
    return mail.as_bytes()


def a_draft(session: Session, people_: Cast, subject: str = "General assembly") -> Message:
    """A draft of Ada's for the list announce."""
    return write(
        session,
        Draft(people_.announce, an_eml(subject)),
        actor=Actor(people_.ada, Door.PORTAL),
        max_bytes=LIMIT,
    )


def ask(session: Session, people_: Cast) -> ModerationRequest:
    """Ask for approval of a message of Ada's; return the request."""
    ada = Actor(people_.ada, Door.PORTAL)
    return request_approval(session, a_draft(session, people_), actor=ada)


def a_request(session: Session, people_: Cast) -> ModerationRequest:
    """An open request about a message of Ada's, which Grace and Linus can answer.

    These are the rows that `ask` leaves, without its checks, which take most of the time.  It is
    for tests of what comes after, where neither the approver list nor an absence was changed.
    """
    ada, raw = Actor(people_.ada, Door.PORTAL), an_eml()
    message = Message(
        author=people_.ada,
        mailing_list=people_.announce,
        raw=raw,
        size=len(raw),
        subject="General assembly",
    )
    session.add(message)
    session.flush()
    record(session, Act.WROTE, actor=ada, **message.place)
    approvers = (people_.grace, people_.linus)
    request = ModerationRequest(
        message=message,
        content_hash=message.content_hash(),
        approver_keys=[ApproverKeys(user=user) for user in approvers],
    )
    session.add(request)
    notify(session, approvers, LetterName.MODERATE, message=message, request=request)
    message.move(MessageState.IN_MODERATION)
    record(session, Act.ASKED, actor=ada, request_id=request.id, **message.place)
    return request


def an_example(message: Message) -> bytes:
    """The message as approvers see it."""
    return example_copy(message, COPY_SETTINGS)


def role(session: Session, name: str) -> Role:
    """A role that the migrations created."""
    return access.role_named(session, name)


def a_dispatch(session: Session, people_: Cast) -> Dispatch:
    """A Dispatch, due now, of a message that Ada wrote and Grace approved, as rows, too."""
    request, grace = a_request(session, people_), Actor(people_.grace, Door.PORTAL)
    message = request.message
    request.decision = Decision(
        approver=people_.grace, verdict=Verdict.APPROVED, via=Door.PORTAL, comment=""
    )
    notify(session, [people_.linus], LetterName.DECIDED, message=message, request=request)
    notify(session, [people_.ada], LetterName.APPROVED, message=message, request=request)
    record(session, Act.APPROVED, actor=grace, request_id=request.id, comment="", **message.place)
    request.move(RequestState.DECIDED)
    message.move(MessageState.SCHEDULED, MessageState.IN_MODERATION)
    return schedule(session, message, content_hash=request.content_hash, request_id=request.id)


def members(session: Session, mailing_list: MailingList, count: int) -> list[str]:
    """Subscribe this many new users to the list; return their addresses."""
    added = [User(address=f"member{n}@example.org", name=f"Member {n}") for n in range(count)]
    session.add_all(added)
    session.flush()
    session.add_all(Subscription(list_id=mailing_list.id, user_id=user.id) for user in added)
    session.flush()
    return [user.address for user in added]


def a_mailer(mailbox: Mailbox) -> Mailer:
    """A mailer that uses this mailbox as its relay."""
    return Mailer(
        relay=Relay.from_url(mailbox.url, timeout=20),
        mail_from="Listgate <listgate@example.org>",
        envelope_sender="bounces@example.org",
        copy_settings=COPY_SETTINGS,
    )


def a_letter(
    session: Session,
    people_: Cast,
    letter: LetterName = LetterName.MODERATE,
    *,
    raw: bytes = b"",
    send_at: datetime | None = None,
    comment: str = "",
) -> Notification:
    """The first letter of this kind about a message of Ada's, due now."""
    message = write(
        session,
        Draft(people_.announce, raw or an_eml()),
        actor=Actor(people_.ada, Door.PORTAL),
        max_bytes=LIMIT,
        send_at=send_at,
    )
    request = request_approval(session, message, actor=Actor(people_.ada, Door.PORTAL))
    trigger_account_letter(session, people_.grace, letter)
    trigger_letter(session, request, letter, comment=comment)
    session.flush()
    found = select(Notification).where(
        Notification.letter == letter,
        # Not every letter is about a message.
        (Notification.message_id == message.id) | Notification.message_id.is_(None),
    )
    return session.scalars(found.order_by(Notification.id).limit(1)).one()


def trigger_letter(
    session: Session, request: ModerationRequest, letter: LetterName, *, comment: str
) -> None:
    """Cause the change to the open request that this letter reports."""
    grace, _ = (keys.user for keys in request.approver_keys)
    match letter:
        case LetterName.REMINDER:
            deadlines.remind(session, request)
        case LetterName.DIGEST:
            replace_by_digest(session, request, grace)
        case LetterName.PROOF:
            drafts.send_proof(
                session, request.message, actor=Actor(request.message.author, Door.PORTAL)
            )
        case LetterName.EXPIRED:
            deadlines.expire(session, request)
        case LetterName.WITHDRAWN:
            withdraw(session, request, actor=Actor(request.message.author, Door.PORTAL))
        case LetterName.APPROVED | LetterName.DECIDED | LetterName.REJECTED:
            verdict = Verdict.REJECTED if letter is LetterName.REJECTED else Verdict.APPROVED
            decide(session, request, verdict, actor=Actor(grace, Door.PORTAL), comment=comment)
        case LetterName.SENT_BACK:
            actor, comment = Actor(grace, Door.PORTAL), comment or "Too long."
            decide(session, request, Verdict.SENT_BACK, actor=actor, comment=comment)
    if letter is LetterName.PHONE_LOCKED:
        notify_administrators(session, letter, person=grace.name, user_id=grace.id)
    trigger_push_letter(session, request.message.mailing_list, letter)
    trigger_sendout_letter(session, request, letter)
    trigger_reply_letter(session, request, letter, comment=comment)


def replace_by_digest(session: Session, request: ModerationRequest, approver: User) -> None:
    """Let a digest name the request in place of the approver's letter."""
    first = select(Notification).filter_by(request_id=request.id, user_id=approver.id)
    join_digest(session, session.scalars(first).one(), now())


def listgate(*arguments: str, stdin: bytes = b"") -> Result:
    """Run one command in this process; let exceptions through."""
    return CliRunner().invoke(app, arguments, input=stdin, catch_exceptions=False)


def run(
    *command: str, environment: Mapping[str, str] = MappingProxyType({}), cwd: Path = ROOT
) -> "subprocess.CompletedProcess[str]":
    """Run a program to its end, in a process of its own, and capture its output."""
    inherited = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    return subprocess.run(
        command,
        env={**inherited, "PYTHONPATH": str(ROOT), **environment},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
