"""One of each thing that the table names, and whose they are."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Absence,
    Actor,
    Dispatch,
    Door,
    LetterName,
    LinkPurpose,
    MailedLink,
    Message,
    ModerationRequest,
    User,
    Verdict,
)
from models.clock import now
from notifications.letters.keys import hashed
from notifications.mime.compose import TypedMessage, compose_mail
from notifications.mime.parse import Attachment
from tests.builders import LIMIT, Cast, a_list, cast, person
from tests.letter_context import KEYS
from tests.portal.matrix.forms import PASSWORD
from tests.portal.visitors import give_password
from tests.push_letters import trigger_push_letter
from tests.sendout_letters import end_in_doubt
from tests.workflows.services.callers import a_key
from workflows.lists import lists
from workflows.lists.archive import archive
from workflows.lists.list_sets import create_list_set
from workflows.messages import drafts
from workflows.messages.write import Draft, write
from workflows.moderation.approver_keys import view
from workflows.moderation.decide import decide, request_approval
from workflows.people.absences import Away, set_absence
from workflows.people.roles import create_role
from workflows.people.users import grant
from workflows.queries.subscription_requests import open_requests_to
from workflows.sendout.claim import begin_sending
from workflows.sendout.schedule import recall
from workflows.subscriptions.tokens import token_of

UTC = ZoneInfo("UTC")
WORDS = TypedMessage(
    "A secret subject",
    "Dear members,",
    "<p>Dear members</p>",
    [Attachment("plan.pdf", "application/pdf", 4, b"%PDF")],
)


class Things(dict[str, str]):
    """Their numbers and tokens, by the names in braces; `code` is the one of this moment."""

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self.codes = app.extensions["security"].totp_factory
        self.secret: str = self.codes.generate_totp_secret()

    def __missing__(self, name: str) -> str:
        assert name == "code", f"there is no {name}"
        return str(self.codes.generate_totp_password(self.secret))


def fill(session: Session, things: Things, app: Flask) -> dict[str, User]:
    """Put everything there; returns who has a browser, by name."""
    known = cast(session)
    alan = person(session, "Alan Turing")
    give_password(session, known.edsger, app, PASSWORD)
    numbers = {**some_lists(session, known, alan), **some_messages(session, known)}
    numbers |= {"edsger": known.edsger.id, "grace": known.grace.id}
    numbers["absence"] = an_absence(session, known.edsger).id
    things.update({name: str(number) for name, number in numbers.items()})
    things.update(some_links(session, known, things))
    things["unsubscribe"] = token_of(session, known.announce.id, known.edsger.id)
    people = (known.edsger, known.ada, alan, known.grace, known.barbara)
    return {one.name.split()[0].lower(): one for one in people}


def an_absence(session: Session, user: User) -> Absence:
    """One of a week from today."""
    day = now().date() + timedelta(days=7)
    absence = set_absence(session, user, Away(day, day, UTC), actor=Actor.operator())
    session.flush()
    return absence


def some_lists(session: Session, known: Cast, alan: User) -> dict[str, int]:
    """Mailing lists, a set of those in the table, approver lists, roles, and a service."""
    trustees = lists.create_approver_list(session, "trustees", [alan], actor=Actor.operator())
    unused = lists.create_approver_list(session, "unused", [], actor=Actor.operator())
    lists.assign_approvers(session, a_list(session, "board"), trustees, actor=Actor.operator())
    quiet, held, archived = (a_list(session, name) for name in ("quiet", "held", "archived"))
    archive(session, archived, actor=Actor.operator())
    trigger_push_letter(session, held, LetterName.SYNC_HELD)
    trigger_push_letter(session, held, LetterName.SUBSCRIPTION_REQUEST)
    joining = session.scalars(open_requests_to(held.id)).one()
    role = create_role(session, "viewer", [404], actor=Actor.operator())
    create_role(session, "nothing", [], actor=Actor.operator())
    key = a_key(session)
    of_nothing = grant(session, known.edsger, "nothing", on=quiet, actor=Actor.operator())
    create_list_set(
        session, "named", [known.announce, quiet, held, archived], actor=Actor.operator()
    )
    unused_set = create_list_set(session, "unused", [known.announce], actor=Actor.operator())
    session.flush()
    return {
        "list": known.announce.id,
        "quiet": quiet.id,
        "held": held.id,
        "joining": joining.id,
        "archived": archived.id,
        "editors": known.approvers.id,
        "unused": unused.id,
        "role": role.id,
        "grant": of_nothing.id,
        "set": unused_set.id,
        "service": key.service_id,
        "key": key.id,
    }


def some_messages(session: Session, known: Cast) -> dict[str, int | str]:
    """Ada's messages and one of Grace's, and the requests about them."""
    draft, deleted = a_message(session, known, known.ada), a_message(session, known, known.ada)
    drafts.discard(session, deleted, actor=Actor(known.ada, Door.PORTAL))
    scheduled = a_message(session, known, known.ada)
    drafts.reschedule(
        session, scheduled, actor=Actor(known.ada, Door.PORTAL), send_at=now() + timedelta(days=9)
    )
    decided = asked_about(session, scheduled)
    decide(session, decided, Verdict.APPROVED, actor=Actor(known.grace, Door.PORTAL))
    request = asked_about(session, a_message(session, known, known.ada))
    view(session, request, actor=Actor(known.grace, Door.PORTAL))
    return {
        "draft": draft.id,
        "version": draft.content_hash(),
        "deleted": deleted.id,
        "scheduled": scheduled.id,
        "decided": decided.id,
        "request": request.id,
        "asked": request.message_id,
        "stopped": stopped(session, known).id,
        "sent": sent_in_doubt(session, known).id,
        "unopened": asked_about(session, a_message(session, known, known.ada)).id,
        "of_grace": asked_about(session, a_message(session, known, known.grace)).id,
    }


def a_message(session: Session, known: Cast, author: User) -> Message:
    """A draft for the list announce, with HTML and a file."""
    raw = compose_mail(WORDS, author)
    return write(
        session,
        Draft(known.announce, raw, composed=True),
        actor=Actor(author, Door.PORTAL),
        max_bytes=LIMIT,
    )


def sent_in_doubt(session: Session, known: Cast) -> Message:
    """A message that was sent, all copies in doubt."""
    message = a_message(session, known, known.ada)
    decide(
        session,
        asked_about(session, message),
        Verdict.APPROVED,
        actor=Actor(known.grace, Door.PORTAL),
    )
    end_in_doubt(session, session.scalars(select(Dispatch).filter_by(message_id=message.id)).one())
    return message


def stopped(session: Session, known: Cast) -> Message:
    """A message of which its author has stopped the sendout."""
    message = a_message(session, known, known.ada)
    request, ada = asked_about(session, message), Actor(known.ada, Door.PORTAL)
    decide(session, request, Verdict.APPROVED, actor=Actor(known.grace, Door.PORTAL))
    begin_sending(session, session.scalars(select(Dispatch).filter_by(message_id=message.id)).one())
    recall(session, message, actor=ada)
    return message


def asked_about(session: Session, message: Message) -> ModerationRequest:
    """The open request about it."""
    return request_approval(session, message, actor=Actor(message.author, Door.PORTAL))


def some_links(session: Session, known: Cast, things: Things) -> dict[str, str]:
    """The tokens of Grace's link to answer with, and of Edsger's to log in with."""
    request = session.get_one(ModerationRequest, int(things["request"]))
    (keys,) = (one for one in request.approver_keys if one.user == known.grace)
    token = KEYS.link_token(keys.id)
    keys.link_hash = hashed(token)
    mailed = MailedLink(
        user=known.edsger,
        purpose=LinkPurpose.LOG_IN,
        expires_at=now() + timedelta(days=1),
    )
    session.add(mailed)
    session.flush()
    link = KEYS.mailed_token(mailed.id)
    mailed.token_hash = hashed(link)
    session.flush()
    return {"token": token, "link": link}
