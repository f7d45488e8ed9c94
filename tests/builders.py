"""Whatever a test needs besides the cast: messages, lists, requests, in one line each."""

from email.message import EmailMessage
from typing import NamedTuple

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from models import (
    ApproverList,
    Dispatch,
    Door,
    MailingList,
    Message,
    ModerationRequest,
    Role,
    Subscription,
    User,
    Verdict,
)
from models.clock import now
from notifications.email import Relay
from notifications.mailer import Mailer
from sandbox.mailbox import Mailbox
from workflows import lists, messages, moderation, people, subscriptions

LIMIT = 25_000_000


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
    """The people every test knows, their list and its approver list."""
    ada = person(session, "Ada Lovelace", "author")
    grace = person(session, "Grace Hopper")
    linus = person(session, "Linus Torvalds")
    barbara = person(session, "Barbara Liskov", "administrator")
    edsger = person(session, "Edsger Dijkstra")
    approvers = lists.create_approver_list(
        session, "editors", [grace, linus], by=None, via=Door.COMMAND_LINE
    )
    announce = a_list(session, "announce")
    lists.assign_approvers(session, announce, approvers, by=None, via=Door.COMMAND_LINE)
    for member in (edsger, barbara):
        subscriptions.subscribe(session, member, announce, by=member, via=Door.PORTAL)
    session.flush()
    return Cast(ada, grace, linus, barbara, edsger, approvers, announce)


def person(session: Session, name: str, *roles: str) -> User:
    """Somebody whose address is their first name at example.org."""
    address = f"{name.split(maxsplit=1)[0].lower()}@example.org"
    return people.add_user(session, address, name, roles=roles, by=None, via=Door.COMMAND_LINE)


def a_list(session: Session, short_name: str) -> MailingList:
    """A list without approvers and members."""
    return lists.create_list(
        session,
        short_name,
        f"{short_name}@lists.example.org",
        short_name.title(),
        by=None,
        via=Door.COMMAND_LINE,
    )


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
    return messages.write(
        session,
        people_.ada,
        people_.announce,
        raw=an_eml(subject),
        max_bytes=LIMIT,
        via=Door.PORTAL,
    )


def a_request(session: Session, people_: Cast) -> ModerationRequest:
    """An open request about a message of Ada's."""
    return moderation.request_approval(
        session, a_draft(session, people_), people_.ada, via=Door.PORTAL
    )


def role(session: Session, name: str) -> Role:
    """A role that the migrations made."""
    return people.role_named(session, name)


def a_dispatch(session: Session, people_: Cast) -> Dispatch:
    """The sendout, due now, of a message that Ada wrote and Grace approved."""
    request = a_request(session, people_)
    moderation.decide(session, request, people_.grace, Verdict.APPROVED, via=Door.PORTAL)
    session.flush()
    return session.scalars(select(Dispatch).where(Dispatch.request_id == request.id)).one()


def members(session: Session, mailing_list: MailingList, count: int) -> list[str]:
    """Put so many new people on the list; returns their addresses."""
    added = session.scalars(
        insert(User).returning(User),
        [
            {"address": f"member{n}@example.org", "name": f"Member {n}", "created_at": now()}
            for n in range(count)
        ],
    ).all()
    session.add_all(Subscription(list_id=mailing_list.id, user_id=user.id) for user in added)
    session.flush()
    return [user.address for user in added]


def a_mailer(mailbox: Mailbox) -> Mailer:
    """A mailer whose relay is this mailbox."""
    return Mailer(
        relay=Relay.from_url(mailbox.url, timeout=5),
        mail_from="Listgate <listgate@example.org>",
        envelope_sender="bounces@example.org",
    )
