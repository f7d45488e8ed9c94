"""The letters that answer replies: what they say, and how many there are at most."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Final

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Actor,
    AuditEntry,
    Channel,
    Door,
    InboundMail,
    InboundMailState,
    LetterName,
    ModerationRequest,
    Notification,
    OutboxEntry,
    Preference,
    ReplyLetter,
    RequestState,
    Verdict,
)
from notifications.letters.composition import compose, render
from notifications.letters.letters import LETTERS
from tests.builders import Cast, the_cast
from tests.letter_context import KEYS, a_context
from tests.workflows.inbound.mails import (
    OURS,
    a_reply,
    a_request_with_letters,
    letters,
    receive,
)
from workflows.inbound import mail, stored_mail
from workflows.lists import lists
from workflows.moderation.decide import decide
from workflows.people.removal import remove_user
from workflows.transaction import transaction

CONTEXT = a_context()
AT_ONCE: Final = 4
STRANGER: Final = "mallory@example.com"


def last_letter(session: Session) -> Notification:
    """The newest letter."""
    return session.scalars(select(Notification).order_by(Notification.id.desc()).limit(1)).one()


def an_hour_passes(session: Session) -> None:
    """Move the time of every answered mail an hour back."""
    for count in session.scalars(select(ReplyLetter)):
        assert count.sent_at is not None
        count.sent_at -= timedelta(hours=1)
    session.flush()


def counts(session: Session) -> dict[LetterName, tuple[int, int]]:
    """Return the number of letters sent and withheld, by kind."""
    session.flush()
    rows = session.scalars(select(ReplyLetter).execution_options(populate_existing=True))
    return {row.letter: (row.sent, row.withheld) for row in rows}


def refusals(session: Session) -> Sequence[AuditEntry]:
    """Return the refusals in the audit trail."""
    return session.scalars(select(AuditEntry).where(AuditEntry.act == "refused")).all()


@pytest.mark.parametrize(
    ("text", "quote", "reason"),
    [
        ("", "", "We found no text of yours in it."),
        ("Yes indeed", "Yes indeed", "It must begin with a word that counts"),
        ("OK - but <later>\n\n> ok", "OK - but <later>", "An approval cannot carry a condition"),
        ("ok\n\nI reject", "ok\nI reject", "It says yes in one place and no in another"),
        ("ok\n\nThe room is bright", "ok\nThe room is bright", "cannot carry a remark"),
    ],
)
def test_a_letter_quotes_what_was_read_and_says_why_it_does_not_count(
    session: Session, asked: ModerationRequest, text: str, quote: str, reason: str
) -> None:
    receive(session, asked, a_reply(text))

    rendered = render(last_letter(session), CONTEXT)

    plain = " ".join(rendered.text.split())
    assert reason in plain
    assert ("We read: " + " ".join(quote.split()) in plain) is bool(quote)
    assert reason in rendered.html
    html = quote.replace("<", "&lt;").replace(">", "&gt;")
    assert (f">{html}</blockquote>" in rendered.html) is bool(quote)


def test_a_letter_has_two_buttons_that_lead_to_the_decision_page(
    session: Session, asked: ModerationRequest
) -> None:
    receive(session, asked, a_reply("perhaps"))

    html = render(last_letter(session), CONTEXT).html

    link = CONTEXT.link(asked.approver_keys[0].id)
    assert f'<a href="{link}#approve"' in html
    assert f'<a href="{link}#reject"' in html


def test_a_mail_is_answered_by_mail_only(
    session: Session, people: Cast, asked: ModerationRequest
) -> None:
    people.grace.phone, people.grace.preference = "+33612345678", Preference.BOTH

    receive(session, asked, a_reply("perhaps"))

    assert letters(session) == [LetterName.NOT_UNDERSTOOD]
    assert last_letter(session).channel is Channel.EMAIL


def test_a_second_letter_waits_an_hour_and_there_are_five_in_all(
    session: Session, asked: ModerationRequest
) -> None:
    outcomes = [receive(session, asked, a_reply("perhaps")).outcome]
    for _ in range(6):
        outcomes.append(receive(session, asked, a_reply("perhaps")).outcome)
        an_hour_passes(session)

    assert letters(session) == [LetterName.NOT_UNDERSTOOD] * 5
    name = "SysMsgReplyNotUnderstood"
    assert outcomes == [name, f"not sent again: {name}", *[name] * 4, f"not sent again: {name}"]
    assert counts(session) == {LetterName.NOT_UNDERSTOOD: (5, 2)}


def test_each_approver_and_each_kind_of_letter_has_limits_of_its_own(
    session: Session, people: Cast, asked: ModerationRequest
) -> None:
    keys = asked.approver_keys[1]
    linus = {"token": KEYS.reply_token(keys.id), "sender": "linus@example.org"}

    receive(session, asked, a_reply("perhaps"))
    receive(session, asked, a_reply("perhaps", by="linus@example.org"), **linus)
    decide(session, asked, Verdict.APPROVED, actor=Actor(people.linus, Door.PORTAL))
    receive(session, asked, a_reply("perhaps"))

    answers = [each for each in letters(session) if "Reply" in each]
    assert answers == [*[LetterName.NOT_UNDERSTOOD] * 2, LetterName.TOO_LATE]


@pytest.mark.parametrize(
    ("by", "letter"),
    [("grace@example.org", LetterName.NOT_UNDERSTOOD), (STRANGER, LetterName.OTHER_SENDER)],
)
def test_many_mails_at_once_get_one_letter(
    committed_cast: Cast, published: list[OutboxEntry], by: str, letter: LetterName
) -> None:
    assert committed_cast
    with transaction() as session:
        asked = a_request_with_letters(session, the_cast(session))
        recipient = f"moderation+{KEYS.reply_token(asked.approver_keys[0].id)}@example.org"
        kept = [
            stored_mail.save(session, a_reply("perhaps", by=by), sender=by, recipient=recipient)
            for _ in range(AT_ONCE)
        ]
        session.flush()
        ids = [each.id for each in kept]
    start = Barrier(AT_ONCE)

    def handle(mail_id: int) -> None:
        start.wait()
        with transaction() as own:
            received = InboundMail.take(own, mail_id, InboundMailState.RECEIVED)
            assert received
            mail.handle(own, received, own_addresses=OURS, keys=KEYS)

    published.clear()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        list(threads.map(handle, ids))

    with transaction() as session:
        assert letters(session) == [letter]
        assert counts(session) == {letter: (1, AT_ONCE - 1)}
        assert len(refusals(session)) == (letter is LetterName.OTHER_SENDER)
        states = set(session.scalars(select(InboundMail.state)))
        assert states == {InboundMailState.HANDLED}
    assert [entry.kind for entry in published] == [Notification]


def test_another_sender_decides_nothing_and_is_on_record_once_as_unknown(
    session: Session, asked: ModerationRequest
) -> None:
    first, second = (receive(session, asked, a_reply("OK", by=STRANGER)) for _ in range(2))

    assert asked.state is RequestState.OPEN
    (refused,) = refusals(session)
    assert (refused.actor_id, refused.actor, refused.door) == (None, "unknown sender", Door.MAIL)
    assert STRANGER not in str(refused.detail)
    sentence = "refused: Someone else wrote to the reply address of Grace Hopper."
    assert (first.outcome, second.outcome) == (sentence, sentence.replace(":", " again:", 1))


def test_the_approver_gets_one_notice_with_the_other_senders_address(
    session: Session, asked: ModerationRequest
) -> None:
    for _ in range(3):
        receive(session, asked, a_reply("OK", by=f"Mallory <{STRANGER}>"), sender=STRANGER)
        an_hour_passes(session)

    assert letters(session) == [LetterName.OTHER_SENDER]
    assert counts(session) == {LetterName.OTHER_SENDER: (1, 2)}
    notice = last_letter(session)
    assert b"To: Grace Hopper <grace@example.org>" in compose(notice, CONTEXT)
    text = " ".join(render(notice, CONTEXT).text.split())
    assert f"came from {STRANGER}." in text
    assert "where only mail from grace@example.org counts" in text


@pytest.mark.parametrize(
    "by", ["grace@example.org, mallory@example.com", "mallory@example.com, grace@example.org"]
)
def test_a_mail_from_two_authors_names_the_other_one(
    session: Session, asked: ModerationRequest, by: str
) -> None:
    receive(session, asked, a_reply("OK", by=by))

    assert last_letter(session).detail == {"sender": STRANGER}


@pytest.mark.parametrize(
    "by", ["", "not an address", '"Call 555 now"@example.com', "a@" + "b." * 400 + "com"]
)
def test_an_address_that_is_no_valid_one_is_not_shown(
    session: Session, asked: ModerationRequest, by: str
) -> None:
    receive(session, asked, b"From: " + by.encode() + b"\n\nOK\n", sender=STRANGER)

    assert last_letter(session).detail == {"sender": ""}
    assert "came from another address than yours" in " ".join(
        render(last_letter(session), CONTEXT).text.split()
    )


def test_a_notice_about_a_closed_request_does_not_say_how_to_answer(
    session: Session, people: Cast, asked: ModerationRequest
) -> None:
    decide(session, asked, Verdict.APPROVED, actor=Actor(people.linus, Door.PORTAL))

    receive(session, asked, a_reply("OK", by=STRANGER))

    rendered = render(last_letter(session), CONTEXT)
    assert "/answer/" not in rendered.text + rendered.html


def test_removing_a_person_erases_what_a_letter_quotes(
    session: Session, people: Cast, asked: ModerationRequest
) -> None:
    receive(session, asked, a_reply("OK", by=STRANGER))
    receive(session, asked, a_reply("perhaps on Monday"))

    remove_user(session, people.grace, actor=Actor.operator())

    session.expire_all()
    details = session.scalars(
        select(Notification.detail).where(Notification.user_id == people.grace.id)
    ).all()
    assert not any(STRANGER in str(each) or "Monday" in str(each) for each in details)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_repeated_answer_gets_a_letter_that_it_was_given(
    session: Session, asked: ModerationRequest, verdict: Verdict
) -> None:
    word = {Verdict.APPROVED: "OK", Verdict.REJECTED: "NO"}.get(verdict, "CHANGES: shorter")
    receive(session, asked, a_reply(word, Message_ID="<1@example.org>"))

    receive(session, asked, a_reply(word, Message_ID="<2@example.org>"))

    rendered = render(last_letter(session), CONTEXT)
    assert last_letter(session).letter is LetterName.REPEATED
    assert rendered.subject.startswith(f"Already {verdict.replace('_', ' ')}: ")
    text = " ".join(rendered.text.split())
    assert f"You have already {verdict.split('_')[0]} the message from Ada Lovelace" in text
    assert "There is nothing left for you to do." in text


@pytest.mark.parametrize(
    ("first", "then"), [("OK", "NO: wait"), ("OK", "perhaps"), ("NO", "OK"), ("NO", "")]
)
def test_a_different_second_answer_gets_a_letter_that_the_first_counts(
    session: Session, asked: ModerationRequest, first: str, then: str
) -> None:
    receive(session, asked, a_reply(first))
    assert asked.decision
    verdict = asked.decision.verdict

    receive(session, asked, a_reply(then))

    text = " ".join(render(last_letter(session), CONTEXT).text.split())
    assert asked.decision.verdict is verdict
    assert f"You have already {verdict} the message" in text
    assert "Your first answer stands" in text
    assert ("its author can recall it" in text) is (then == "NO: wait")


def test_a_first_approver_who_left_the_approver_list_gets_the_letter_too(
    session: Session, people: Cast, asked: ModerationRequest
) -> None:
    receive(session, asked, a_reply("OK"))
    lists.set_approvers(session, people.approvers, [people.linus], actor=Actor.operator())

    receive(session, asked, a_reply("OK "))

    assert last_letter(session).letter is LetterName.REPEATED


def test_a_mail_delivered_twice_is_known_by_its_message_id(
    session: Session, asked: ModerationRequest
) -> None:
    receive(session, asked, a_reply("OK", Message_ID="<1@example.org>", Received="a"))

    again = receive(session, asked, a_reply("OK", Message_ID="<1@example.org>", Received="b"))

    assert again.outcome == "repeated"
    assert LetterName.REPEATED not in letters(session)


def test_a_letter_that_says_how_to_answer_is_moot_once_the_request_is_closed(
    session: Session, people: Cast, asked: ModerationRequest
) -> None:
    receive(session, asked, a_reply("perhaps"))
    letter = last_letter(session)

    decide(session, asked, Verdict.APPROVED, actor=Actor(people.linus, Door.PORTAL))

    assert LETTERS[letter.letter].moot(letter)
