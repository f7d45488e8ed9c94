"""The audit trail in sentences: every act on a message, unknown acts included."""

from collections.abc import Iterator
from datetime import UTC, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Delivery,
    DeliveryState,
    Dispatch,
    Door,
    Language,
    LetterName,
)
from models.clock import now
from notifications.letters.delivery import deliver
from portal.wording.audit_sentences import SENTENCES, label, sentence
from sandbox.mailbox import Mailbox
from tests.builders import LIMIT, Cast, a_dispatch, a_draft, a_letter, a_request, an_eml
from tests.letter_context import a_context
from tests.sendout_letters import end_in_doubt
from tests.workflows.sendout.sending import send_claimed
from tests.workflows.sendout.splitting import a_split, approved
from workflows.lists import lists
from workflows.messages import drafts
from workflows.messages.split import unsplit
from workflows.messages.write import Draft, write
from workflows.moderation import deadlines
from workflows.moderation.approver_keys import view
from workflows.moderation.decide import withdraw
from workflows.queries.audit_search import Names
from workflows.sendout import doubts
from workflows.sendout.claim import begin_sending, claim_batch
from workflows.sendout.left_behind import settle_left_behind
from workflows.sendout.resume import end, resume
from workflows.sendout.schedule import recall, release
from workflows.sendout.variants import begin_rest
from workflows.sendout.winner import choose_winner

# They are about people, roles and lists; no message's timeline tells of them.
ABOUT_NO_MESSAGE = {
    Act.ADDED_SERVICE,
    Act.EDITED_SERVICE,
    Act.DISABLED_SERVICE,
    Act.ENABLED_SERVICE,
    Act.MADE_SERVICE_KEY,
    Act.REVOKED_SERVICE_KEY,
    Act.NAMED_USER,
    Act.NAMED_LIST,
    Act.ADDED_WEBHOOK,
    Act.DISABLED_WEBHOOK,
    Act.ENABLED_WEBHOOK,
    Act.REMOVED_WEBHOOK,
    Act.ROTATED_WEBHOOK,
    Act.REPLAYED_EVENTS,
    Act.ADDED_USER,
    Act.ADDED_PEOPLE,
    Act.SYNCED_PEOPLE,
    Act.HELD_SENDOUTS,
    Act.RELEASED_SENDOUTS,
    Act.DISABLED_USER,
    Act.ENABLED_USER,
    Act.GRANTED_ROLE,
    Act.EDITED_ROLE,
    Act.CREATED_LIST,
    Act.EDITED_LIST,
    Act.ARCHIVED_LIST,
    Act.UNARCHIVED_LIST,
    Act.CREATED_LIST_SET,
    Act.EDITED_LIST_SET,
    Act.DELETED_LIST_SET,
    Act.CREATED_APPROVER_LIST,
    Act.EDITED_APPROVER_LIST,
    Act.DELETED_APPROVER_LIST,
    Act.ASSIGNED_APPROVERS,
    Act.SUBSCRIBED,
    Act.UNSUBSCRIBED,
    Act.ASKED_TO_JOIN,
    Act.ACCEPTED_MEMBER,
    Act.DECLINED_MEMBER,
    Act.ENDED_JOIN_REQUEST,
    Act.SUSPENDED,
    Act.RESUMED,
    Act.IMPORTED,
    Act.SET_ABSENCE,
    Act.ENDED_ABSENCE,
    Act.CHANGED_ADDRESS,
    Act.REMOVED_USER,
    Act.REVOKED_ROLE,
    Act.RENAMED_ROLE,
    Act.DELETED_ROLE,
    Act.ASKED_FOR_PUSH,
    Act.HELD_PUSH,
    Act.CONFIRMED_PUSH,
    Act.SET_SENDOUT_RULES,
    Act.INVITED,
    Act.LOGGED_IN,
    Act.CHANGED_PASSWORD,
    Act.TURNED_ON_CODES,
    Act.TURNED_OFF_CODES,
    Act.MADE_RECOVERY_CODES,
    Act.USED_RECOVERY_CODE,
    Act.CHANGED_CONTACT,
    Act.LOCKED_PHONE,
    Act.STOPPED_SMS,
    Act.STARTED_SMS,
    Act.FELL_BACK,
    Act.REFUSED,
}


def entry(act: str, **detail: object) -> AuditEntry:
    """Return an audit entry of an act by Ada."""
    return AuditEntry(act=act, actor="Ada", actor_id=1, list_id=7, door=Door.PORTAL, detail=detail)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


def perform_every_act(session: Session, people: Cast, mailbox: Mailbox) -> None:
    """Take messages through every act that can happen to them."""
    context = a_context(mailbox)
    deliver(session, a_letter(session, people), context)  # asked, notified
    mailbox.answer("ada@example.org", "550 5.1.1 no such user")
    deliver(session, a_letter(session, people, LetterName.REJECTED), context)  # not notified
    a_letter(session, people, LetterName.RETURNED)  # approved, returned
    a_letter(session, people, LetterName.SENT_BACK)
    a_letter(session, people, LetterName.REMINDER)
    escalate_and_expire(session, people)
    withdraw(session, a_request(session, people), actor=Actor(people.ada, Door.PORTAL))
    released = write(
        session,
        Draft(people.announce, an_eml()),
        actor=Actor(people.barbara, Door.PORTAL),
        max_bytes=LIMIT,
    )
    discard_a_draft(session, people)
    release(session, released, actor=Actor(people.barbara, Door.PORTAL))
    recall(session, released, actor=Actor(people.barbara, Door.PORTAL))
    sent, stopped = a_dispatch(session, people), a_dispatch(session, people)
    send_claimed(session, sent.id, claim_batch(session, sent, UTC), mailbox)
    claim_batch(session, sent, UTC)  # finished sending
    report_uncertain_deliveries(session, stopped)
    recall(session, stopped.message, actor=Actor(people.ada, Door.PORTAL))
    resume(session, stopped.message, actor=Actor(people.ada, Door.PORTAL))
    recall(session, stopped.message, actor=Actor(people.ada, Door.PORTAL))
    end(session, stopped.message, actor=Actor(people.ada, Door.PORTAL))
    in_doubt = a_dispatch(session, people)
    end_in_doubt(session, in_doubt)
    failed, operator = doubts.Choice([DeliveryState.FAILED]), Actor.operator()
    doubts.settle(session, in_doubt.message, failed, actor=operator)
    doubts.resend(session, in_doubt.message, doubts.Choice(), actor=operator)
    send_in_variants(session, people)


def send_in_variants(session: Session, people: Cast) -> None:
    """Split a message, take that back, split another one, and send the winner to the rest."""
    ada = Actor(people.ada, Door.PORTAL)
    unsplit(session, a_split(session, people, 10, 10), actor=ada)
    message = a_split(session, people, 10, 10)
    dispatch = approved(session, people, message)
    begin_sending(session, dispatch)
    choose_winner(session, message, message.id, actor=ada)
    begin_rest(session, dispatch, message.id)


def discard_a_draft(session: Session, people: Cast) -> None:
    """Change a draft, set its time, and delete it."""
    draft = a_draft(session, people)
    drafts.rewrite(
        session,
        draft,
        Draft(people.announce, an_eml("Another")),
        actor=Actor(people.ada, Door.PORTAL),
        max_bytes=LIMIT,
    )
    drafts.reschedule(session, draft, actor=Actor(people.ada, Door.PORTAL), send_at=now())
    drafts.discard(session, draft, actor=Actor(people.ada, Door.PORTAL))


def escalate_and_expire(session: Session, people: Cast) -> None:
    """View a request, escalate it, and expire it."""
    lists.assign_approvers(
        session, people.announce, people.approvers, escalation=True, actor=Actor.operator()
    )
    request = a_request(session, people)
    view(session, request, actor=Actor(people.grace, Door.PORTAL))
    deadlines.escalate(session, request)
    deadlines.expire(session, request)


def report_uncertain_deliveries(session: Session, dispatch: Dispatch) -> None:
    """Report the deliveries uncertain, as if the worker that sends had died."""
    for delivery_id in claim_batch(session, dispatch, UTC):
        session.get_one(Delivery, delivery_id).claimed_at = now() - timedelta(hours=1)
    settle_left_behind(session)


def test_every_act_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Act)


@pytest.mark.parametrize("language", list(Language))
def test_every_act_has_a_label_of_its_own(language: Language) -> None:
    labels = {label(act, language) for act in Act}

    assert len(labels) == len(Act)
    assert all("%" not in one and "…" in one for one in labels)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (Language.ENGLISH, "system finished sending: 1 failed, 9 sent"),
        (Language.FRENCH, "Le système a terminé l\u2019envoi : 1 en échec, 9 avec succès"),
        (Language.GERMAN, "Das System hat den Versand beendet: 1 fehlgeschlagen, 9 versandt"),
    ],
)
def test_an_act_is_shown_in_the_readers_language(language: Language, expected: str) -> None:
    recorded = AuditEntry(
        act="finished_sending", actor="system", door=Door.SYSTEM, detail={"sent": 9, "failed": 1}
    )

    assert sentence(recorded, language) == expected


def test_a_person_whose_name_is_a_word_of_ours_keeps_it() -> None:
    recorded = entry("wrote")
    recorded.actor = "system"

    assert sentence(recorded, Language.GERMAN) == "system hat die Nachricht geschrieben"


def test_an_entry_names_the_service_that_acted() -> None:
    for service, actor_id, actor, absent, expected in (
        ("crm", 1, "Ada", None, "Ada (through crm) approved"),
        ("crm", 1, "Ada", "Grace", "Ada (for Grace) (through crm) approved"),
        ("crm", None, "crm", None, "crm approved"),
        ("system", None, "system", None, "system approved"),
        ("crm", None, "system", None, "Das System hat freigegeben"),
    ):
        recorded = entry("approved", comment="", absent=absent)
        recorded.service, recorded.actor_id, recorded.actor = service, actor_id, actor
        language = Language.GERMAN if expected.startswith("Das") else Language.ENGLISH
        assert sentence(recorded, language) == expected

    recorded = entry("wrote")
    recorded.service = "crm"
    assert [sentence(recorded, language).partition(")")[0] for language in Language] == [
        "Ada (through crm",
        "Ada (via crm",
        "Ada (über crm",
    ]


def test_an_entry_names_its_user_and_list() -> None:
    recorded = entry("subscribed", user_id=3)

    assert sentence(recorded, names=Names({3: "Edsger"}, {7: "announce"})) == (
        "Ada subscribed Edsger to announce"
    )
    assert sentence(recorded) == "Ada subscribed #3 to #7"


def test_every_act_on_a_message_has_a_sentence(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    perform_every_act(session, people, mailbox)
    session.flush()

    found = session.scalars(select(AuditEntry).where(AuditEntry.message_id.is_not(None))).all()

    assert {each.act for each in found} == set(Act) - ABOUT_NO_MESSAGE
    assert all(sentence(each).startswith(f"{each.actor} ") for each in found)
    assert [sentence(each) for each in found if "None" in sentence(each)] == []


IN_WORDS = (
    (entry("wrote"), "Ada wrote the message"),
    (entry("rewrote"), "Ada changed the draft"),
    (entry("discarded"), "Ada deleted the draft"),
    (entry("rescheduled"), "Ada set another time for the sendout"),
    (entry("asked", request_id=7), "Ada asked for approval (request 7)"),
    (
        entry("notified", letter="SysMsgMessageModerate", user="Grace", channel="email"),
        "Ada wrote to Grace by email: request for approval",
    ),
    (
        entry("not_notified", letter="SysMsgMessageModerate", user="Grace", reason="No."),
        "Ada could not write to Grace (request for approval): No.",
    ),
    (entry("approved", comment=""), "Ada approved"),
    (entry("approved", comment="fine"), "Ada approved: fine"),
    (entry("approved", comment="fine", absent="Grace"), "Ada (for Grace) approved: fine"),
    (
        entry("set_absence", user_id=3, first="2027-01-30", last="2027-01-31", deputy="Grace"),
        "Ada entered that #3 is away from Jan 30, 2027 to Jan 31, 2027; deputy: Grace",
    ),
    (
        entry("set_absence", user_id=3, first="2027-01-30", last="2027-01-31"),
        "Ada entered that #3 is away from Jan 30, 2027 to Jan 31, 2027, with no deputy",
    ),
    (
        entry("ended_absence", user_id=3, first="2027-01-30", last="2027-01-31"),
        "Ada ended the absence of #3 from Jan 30, 2027 to Jan 31, 2027",
    ),
    (entry("rejected", comment=""), "Ada rejected"),
    (entry("rejected", comment="too long\nand dull"), "Ada rejected: too long\nand dull"),
    (entry("reminded", request_id=7), "Ada reminded the approvers of request 7"),
    (entry("escalated", request_id=7), "Ada asked the second approver list (request 7)"),
    (entry("expired", request_id=7), "Ada ended request 7: nobody answered in time"),
    (entry("viewed", request_id=7), "Ada read the message (request 7)"),
    (entry("withdrew", request_id=7), "Ada withdrew request 7"),
    (entry("released"), "Ada released the message with Right 601"),
    (entry("recalled"), "Ada recalled the message"),
    (entry("returned"), "Ada returned the message: its content is not what was approved"),
    (entry("began_sending", recipients=0), "Ada began to send to 0 recipients"),
    (entry("began_sending", recipients=1), "Ada began to send to 1 recipient"),
    (entry("finished_sending"), "Ada finished sending: nobody"),
    (entry("finished_sending", sent=9, failed=1), "Ada finished sending: 1 failed, 9 sent"),
    (entry("stopped_sending"), "Ada stopped the sendout"),
    (
        entry("lost_sight", deliveries=2),
        "Ada cannot know whether 2 recipients got it: a worker died",
    ),
    (entry("subscribed", user_id=3), "Ada subscribed #3 to #7"),
    (
        entry("granted_role", user_id=3, role="owner", on_list="news"),
        "Ada gave #3 the role owner on the list news",
    ),
    (
        entry("revoked_role", user_id=3, role="owner", on_set="press"),
        "Ada took the role owner on the set of lists press from #3",
    ),
    (
        entry("edited_list_set", list_set="press", lists="news, releases"),
        "Ada changed the set of lists press (now news, releases)",
    ),
    (
        entry("edited_role", role="author", rights=[404]),
        "Ada edited the role author (rights [404])",
    ),
    (
        entry("assigned_approvers", escalation=False, approver_list="editors"),
        "Ada made editors the approver list of #7",
    ),
    (
        entry("assigned_approvers", escalation=True, approver_list="editors"),
        "Ada made editors the second approver list of #7",
    ),
    (
        entry("lost_sight", deliveries=1),
        "Ada cannot know whether 1 recipient got it: a worker died",
    ),
    (entry("refused", sentence="Ada may not."), "Ada was refused: Ada may not."),
)


def test_an_act_is_a_sentence_with_its_details() -> None:
    for recorded, expected in IN_WORDS:
        assert sentence(recorded) == expected


def test_an_unknown_act_is_shown_by_its_stored_name() -> None:
    assert sentence(entry("reminded_twice", days=3)) == "Ada reminded twice"


def test_an_act_with_unknown_facts_is_shown_all_the_same() -> None:
    strange: dict[str, object] = {"comment": None, "recipients": "many", "": []}

    for act in Act:
        for facts in ({}, strange):
            assert sentence(entry(act.value, **facts)).startswith("Ada "), act
