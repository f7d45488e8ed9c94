"""Every page sends few statements, and none for each row that it shows."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from benchmarks.large_database import a_letter
from benchmarks.visits import Reader, UrlValues, Visit, visits
from models import (
    Act,
    Actor,
    ApproverKeys,
    ApproverList,
    Dispatch,
    Door,
    LinkPurpose,
    MailedLink,
    MailingList,
    Message,
    ModerationRequest,
    Role,
    Service,
    Subscription,
    SyncState,
    User,
    Verdict,
    record,
)
from models.clock import now
from notifications.letters.keys import hashed
from tests.builders import LIMIT, Cast, a_dispatch, a_draft, a_list, a_request, role
from tests.letter_context import KEYS
from tests.portal.visitors import PUBLIC, Visitor
from tests.portal.web.statements import recorded
from tests.workflows.services.callers import a_key
from tests.workflows.sync.pushing import asked
from workflows.lists.list_sets import add_lists, create_list_set, list_set_named
from workflows.messages import write
from workflows.moderation.decide import decide, request_approval
from workflows.sendout.claim import begin_sending
from workflows.services.services import add_key
from workflows.subscriptions.tokens import token_of

Login = Callable[[User], Visitor]

# Who reads, with roles: three; what a list is doubted for: ten; the rest is the page.
MOST = 20

# Of everything that a page shows.  No page needs one statement so often, unless for each row.
ROWS = 3


def test_no_page_sends_a_statement_for_each_row(
    session: Session, people: Cast, as_person: Login, stranger: Visitor
) -> None:
    readers = {
        Reader.ADMINISTRATOR: as_person(people.barbara),
        Reader.APPROVER: as_person(people.grace),
        Reader.AUTHOR: as_person(people.ada),
        Reader.STRANGER: half_way_in(stranger),
    }
    question, sent = a_question(session, people), a_sendout(session, people)
    places = places_of(session, people, question, sent)
    more(session, people, question, sent)

    pages = sent_by_each(readers, visits(stranger.app, places))

    for path, statements in pages.items():
        assert len(statements) <= MOST, path
        assert [one for one, times in Counter(statements).items() if times >= ROWS] == [], path


def sent_by_each(readers: Mapping[Reader, Visitor], pages: Iterable[Visit]) -> dict[str, list[str]]:
    """Return the statements that each page sends."""
    sent = {}
    for visit in pages:
        with recorded() as sent[visit.path]:
            answer = readers[visit.reader].get(visit.path)
        assert answer.status_code == 200, visit
    return sent


def half_way_in(stranger: Visitor) -> Visitor:
    """Log a user in as far as the prompt for the code."""
    until = (now() + timedelta(minutes=5)).timestamp()
    with stranger.client.session_transaction(base_url=PUBLIC) as cookie:
        cookie["pending_log_in"] = {"stamp": "stamp", "how": "password", "until": until}
    return stranger


def a_question(session: Session, people: Cast) -> ModerationRequest:
    """An open request about a message of Ada's with text, HTML and a file."""
    message = write.write(
        session,
        write.Draft(people.announce, a_letter()),
        actor=Actor(people.ada, Door.PORTAL),
        max_bytes=LIMIT,
    )
    return request_approval(session, message, actor=Actor(people.ada, Door.PORTAL))


def a_sendout(session: Session, people: Cast) -> Message:
    """Such a message, as it is being sent."""
    question = a_question(session, people)
    decide(session, question, Verdict.APPROVED, actor=Actor(people.grace, Door.PORTAL))
    session.flush()
    begin_sending(session, session.scalars(select(Dispatch)).one())
    return question.message


def places_of(
    session: Session, people: Cast, question: ModerationRequest, sent: Message
) -> UrlValues:
    """Return the values of every URL; the approver has opened the message."""
    keys = next(one for one in question.approver_keys if one.user == people.grace)
    moderation_key = KEYS.link_token(keys.id)
    keys.viewed_at, keys.link_hash = now(), hashed(moderation_key)
    mailed = MailedLink(
        user=people.edsger, purpose=LinkPurpose.RESET, expires_at=now() + timedelta(hours=1)
    )
    session.add(mailed)
    session.flush()
    account_key = KEYS.mailed_token(mailed.id)
    mailed.token_hash = hashed(account_key)
    return UrlValues(
        list_id=people.announce.id,
        approver_list_id=people.approvers.id,
        role_id=role(session, "author").id,
        service_id=a_key(session).service_id,
        user_id=people.grace.id,
        message_id=sent.id,
        draft_id=a_draft(session, people).id,
        request_id=question.id,
        list_set_id=create_list_set(session, "press", [], actor=Actor.operator()).id,
        answer=moderation_key,
        link=account_key,
        unsubscribe=token_of(session, people.announce.id, people.edsger.id),
    )


def more(session: Session, people: Cast, question: ModerationRequest, sent: Message) -> None:
    """Add rows of everything that a page shows."""
    for number in range(ROWS):
        one = a_list(session, f"list{number}")
        one.escalation_list = people.approvers
        add_to_sets(session, one)
        one.approver_list = ApproverList(name=one.short_name, members=[people.grace, people.ada])
        known = User(address=f"{one.short_name}@example.org", name="Nothing a")
        known.roles = [Role(name=one.short_name, rights=[404])]
        session.add(known)
        session.flush()
        session.add_all(
            Subscription(list_id=list_id, user_id=user.id)
            for list_id, user in [(people.announce.id, known), (one.id, people.grace)]
        )
        people.approvers.members.append(known)
        a_key(session, one.short_name)
        add_key(session, session.scalars(select(Service).limit(1)).one(), actor=Actor.operator())
        question.approver_keys.append(ApproverKeys(user=known, viewed_at=now()))
        more_messages(session, people)
        tell(session, people, known, [question.message, sent])
        push(session, people)
    session.flush()


def add_to_sets(session: Session, one: MailingList) -> None:
    """Add the list to the set of the places, and to another one of its own."""
    add_lists(session, list_set_named(session, "press"), [one], actor=Actor.operator())
    create_list_set(session, one.short_name, [one], actor=Actor.operator())


def more_messages(session: Session, people: Cast) -> None:
    """One more of each kind: draft, open question, one rejected, one sent back, one being sent."""
    a_draft(session, people)
    a_request(session, people)
    rejected = a_request(session, people)
    decide(session, rejected, Verdict.REJECTED, actor=Actor(people.linus, Door.MAIL))
    back, linus = a_request(session, people), Actor(people.linus, Door.MAIL)
    decide(session, back, Verdict.SENT_BACK, actor=linus, comment="Too long.")
    begin_sending(session, a_dispatch(session, people))


def tell(session: Session, people: Cast, known: User, about: list[Message]) -> None:
    """One more entry about everybody, and about these messages."""
    for user in people[:5]:
        record(session, Act.LOGGED_IN, actor=Actor(user, Door.PORTAL), user_id=user.id)
    for message in about:
        facts: dict[str, Any] = {"letter": "SysMsgMessageModerate", "channel": "email"}
        facts |= {"user_id": known.id, **message.place}
        record(session, Act.NOTIFIED, actor=Actor.system(), **facts)


def push(session: Session, people: Cast) -> None:
    """One more push of the list."""
    waiting = asked(session, people.announce)
    waiting.move(SyncState.RUNNING)
    waiting.move(SyncState.DONE)
    waiting.started_at = waiting.ended_at = now()
    waiting.addresses = 1
