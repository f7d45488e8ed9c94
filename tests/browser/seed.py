"""The data of the browser tests: a library with its people, lists and messages.

It is written by a process in the stack's environment, so that its commit publishes tasks there.
"""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from models import (
    Actor,
    Door,
    LetterName,
    ListKind,
    MailingList,
    Message,
    ModerationRequest,
    Scope,
    SelfService,
    Service,
    User,
    Verdict,
)
from models.clock import now
from notifications.mime.compose import TypedMessage, compose_mail
from sandbox.stack import ROOT, Stack
from tests.browser import mails
from tests.builders import LIMIT, Cast, a_list, an_eml, cast, person
from tests.push_letters import trigger_push_letter
from tests.workflows.services.callers import a_service
from tests.workflows.sync.pushing import ListServer, asked
from workflows.lists import archive, lists
from workflows.lists.list_sets import create_list_set
from workflows.messages.write import Draft, hand_in, write
from workflows.moderation.approver_keys import view
from workflows.moderation.decide import decide, request_approval
from workflows.people.absences import Away, set_absence
from workflows.people.users import disable
from workflows.services.services import add_key, revoke_key
from workflows.subscriptions.subscribe import subscribe, unsubscribe
from workflows.transaction import transaction

SINGERS = (
    "Katherine Johnson",
    "Dorothy Vaughan",
    "Mary Jackson",
    "Annie Easley",
    "Hedy Lamarr",
    "Karen Spärck-Jones",
    "Radia Perlman",
    "Frances Allen",
    "Jean Bartik",
    "Betty Holberton",
    "Emmy Noether",
    "Sophie Germain",
    "Émilie du Châtelet",
    "Maria Agnesi",
    "Alan Turing",
    "Alonzo Church",
    "John Backus",
    "Niklaus Wirth",
    "Tony Hoare",
    "Donald Knuth",
)
# More than a push may remove without confirmation, so that the push of the list is held.
LEAVING = 12


class Seeded(NamedTuple):
    """The ids of lists, people, messages and requests, as in the addresses of their pages."""

    announce: int
    choir: int
    board: int
    fete: int
    service: int
    approvers: int
    list_set: int
    edsger: int
    donald: int
    draft: int
    upload: int
    rejected: int
    scheduled: int
    sent: int
    asked: int
    opened: int  # by Grace, who has not answered yet
    closed: int
    decided: int


def seed_stack(stack: Stack) -> Seeded:
    """Run the program below; return the ids that it prints."""
    command = [sys.executable, "-m", "tests.browser.seed", str(stack.list_server)]
    done = subprocess.run(
        command, env=stack.environment, cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    return Seeded(**json.loads(done.stdout))


def seed(session: Session, list_server: Path) -> Seeded:
    """Write rows of every kind into an empty database."""
    library = cast(session)
    for one in (library.ada, library.grace, library.linus, library.barbara, library.edsger):
        one.time_zone = "Europe/Paris"
    describe(
        session, library.announce, "Announcements", "What is on at the library, twice a month."
    )
    choir, donald = a_choir(session, ListServer(list_server))
    board, fete = two_odd_lists(session)
    night, minutes, august, shelf = (
        a_question(session, library, one)
        for one in (mails.A_NIGHT, mails.THE_MINUTES, mails.IN_AUGUST, mails.NEW_BOOKS)
    )
    view(session, night, actor=Actor(library.grace, Door.PORTAL))
    grace_will_be_away(session, library)
    answer(session, august, library.linus, "Please say when the holidays end.")
    answer(session, shelf, library.grace)
    concert, thanks = drafts(session, library)
    return Seeded(
        announce=library.announce.id,
        list_set=create_list_set(session, "Music", [choir, board], actor=Actor.operator()).id,
        choir=choir.id,
        board=board.id,
        fete=fete.id,
        service=a_register(session).id,
        approvers=library.approvers.id,
        edsger=library.edsger.id,
        donald=donald.id,
        draft=concert.id,
        upload=thanks.id,
        rejected=august.message_id,
        scheduled=scheduled(session, library).id,
        sent=shelf.message_id,
        asked=night.message_id,
        opened=night.id,
        closed=minutes.id,
        decided=shelf.id,
    )


def describe(session: Session, mailing_list: MailingList, name: str, description: str) -> None:
    """Set the name and the description of a list."""
    lists.edit_list(
        session,
        mailing_list,
        lists.ListChanges(name=name, description=description),
        actor=Actor.operator(),
    )


def a_choir(session: Session, server: ListServer) -> tuple[MailingList, User]:
    """Create a list whose push is held because many have left; return it and one of its members."""
    choir = a_list(session, "choir")
    describe(session, choir, "Choir", "Rehearsals, scores and concerts. Whoever sings may join.")
    lists.edit_list(
        session, choir, lists.ListChanges(kind=ListKind.DISCUSSION), actor=Actor.operator()
    )
    singers = [person(session, name) for name in SINGERS]
    for one in singers:
        subscribe(session, one, choir, actor=Actor(one, Door.PORTAL))
    server.push(session, asked(session, choir))
    for one in singers[:LEAVING]:
        unsubscribe(session, one, choir, actor=Actor(one, Door.PORTAL))
    server.push(session, asked(session, choir))
    disable(session, singers[0], actor=Actor.operator())
    trigger_push_letter(session, choir, LetterName.SUBSCRIPTION_REQUEST)
    return choir, singers[-1]


def two_odd_lists(session: Session) -> tuple[MailingList, MailingList]:
    """Create a list without description and approvers, and an archived one."""
    board, fete = a_list(session, "board"), a_list(session, "fete")
    lists.edit_list(
        session, board, lists.ListChanges(self_service=SelfService.CLOSED), actor=Actor.operator()
    )
    describe(session, fete, "Summer fête 2025", "Who brings what.")
    archive.archive(session, fete, actor=Actor.operator())
    return board, fete


def a_question(session: Session, library: Cast, typed: TypedMessage) -> ModerationRequest:
    """Have Ada write a message and ask for approval."""
    message = written(session, library.ada, library.announce, typed)
    return request_approval(session, message, actor=Actor(library.ada, Door.PORTAL))


def written(
    session: Session, author: User, mailing_list: MailingList, typed: TypedMessage
) -> Message:
    """Create a draft as if it were typed in the portal."""
    return write(
        session,
        Draft(mailing_list, compose_mail(typed, author), composed=True),
        actor=Actor(author, Door.PORTAL),
        max_bytes=LIMIT,
    )


def answer(session: Session, question: ModerationRequest, approver: User, reason: str = "") -> None:
    """Approve, or reject if there is a reason."""
    view(session, question, actor=Actor(approver, Door.PORTAL))
    verdict = Verdict.REJECTED if reason else Verdict.APPROVED
    decide(session, question, verdict, actor=Actor(approver, Door.PORTAL), comment=reason)


def a_register(session: Session) -> Service:
    """Add a service with a key in use, a revoked one and one that will expire."""
    register, operator = a_service(session, "Members' register"), Actor.operator()
    used, revoked = (add_key(session, register, actor=operator) for _ in range(2))
    used.last_used_at = now()
    session.refresh(register)
    revoke_key(session, register, revoked.id, actor=operator)
    add_key(session, register, scopes=[Scope.READ], lasts=timedelta(days=90), actor=operator)
    return register


def drafts(session: Session, library: Cast) -> tuple[Message, Message]:
    """Create a typed draft and an uploaded one."""
    uploaded = write(
        session,
        Draft(library.announce, an_eml("Thanks to all who helped")),
        actor=Actor(library.ada, Door.PORTAL),
        max_bytes=LIMIT,
    )
    return written(session, library.ada, library.announce, mails.A_CONCERT), uploaded


def grace_will_be_away(session: Session, library: Cast) -> None:
    """Enter ten days of absence, with Edsger as deputy."""
    first, zone = now().date() + timedelta(days=10), ZoneInfo("Europe/Paris")
    away = Away(first, first + timedelta(days=9), zone, library.edsger)
    set_absence(session, library.grace, away, actor=Actor(library.grace, Door.PORTAL))


def scheduled(session: Session, library: Cast) -> Message:
    """Schedule a message of Barbara, who needs no approval, for the day after tomorrow."""
    message = written(session, library.barbara, library.announce, mails.THE_BOARD)
    message.send_at = now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    hand_in(session, message, actor=Actor(library.barbara, Door.PORTAL))
    return message


if __name__ == "__main__":
    with transaction() as session:
        seeded = seed(session, Path(sys.argv[1]))
    print(json.dumps(seeded._asdict()))
