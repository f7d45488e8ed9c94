"""The content of every kind of letter, in text and HTML, and when it is moot."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from jinja2 import UndefinedError, meta
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Actor,
    Dispatch,
    DispatchState,
    Door,
    Language,
    LetterName,
    Notification,
    SubscriptionRequest,
    SubscriptionRequestState,
    Verdict,
)
from models.clock import now
from notifications.letters import rendering
from notifications.letters.composition import compose, render
from notifications.letters.delivery import is_moot
from notifications.letters.letters import LETTERS, shared_variables
from notifications.letters.rendering import PARTS, RenderedLetter, environment
from notifications.letters.reply_reasons import reason
from notifications.letters.samples import samples
from notifications.replies.parse import Why, reply_in
from notifications.replies.sms import read_sms
from notifications.sms.gsm7 import is_gsm7, segments
from notifications.wording.languages import format_day
from tests.builders import Cast, a_letter, an_eml
from tests.letter_context import a_context
from tests.notifications.mime.defects import defects
from tests.push_letters import trigger_push_letter
from workflows.lists import lists
from workflows.moderation.decide import decide, request_approval, withdraw
from workflows.people import users
from workflows.people.absences import Away, set_absence
from workflows.people.roles import set_roles
from workflows.subscriptions import requests
from workflows.subscriptions.suspend import resume

SAMPLES = samples(Language.ENGLISH)

TEMPLATES = rendering.TEMPLATES

SOON = now() + timedelta(days=3)

NO_SUBJECT = b"From: Ada Lovelace <ada@example.org>\n\nDear members,\n"

CONTEXT = a_context()

ENGLISH = environment(Language.ENGLISH, None)

# The others are about a person's telephone or account.
# A digest is about several.
ABOUT_A_MESSAGE = [
    name
    for name in LetterName
    if ("Message" in name or "Reply" in name) and name is not LetterName.DIGEST
]

# Some letters have other words for other turns of the story.
TURNS: tuple[dict[str, Any], ...] = (
    {},
    {"to_author": False},
    {"verdict": "approved"},
    {"verdict": None, "state": "open"},
    {"verdict": None, "state": "expired"},
)

# Variables of a message to those who did not get an earlier one.
ONLY_TO_THE_REST = {"recipients"}

# Facts from which variables are made, and which templates need not know.
RAW_FACTS = {"exit_status", "failure", "list_id", "subscription_request_id", "user_id", "why"}

PROBE = "<script>alert(1)</script> & \"so\" 'on' {{ 7 * 7 }}"

SYNC = [LetterName.SYNC_HELD, LetterName.SYNC_FAILING, LetterName.SYNC_RECOVERED]


def said_with(name: LetterName, facts: dict[str, Any]) -> RenderedLetter:
    """The letter in English."""
    return RenderedLetter(name, facts, language=Language.ENGLISH)


def variables(name: LetterName, part: str) -> set[str]:
    """Return the template's own variables, without translations and parts of other templates."""
    source = (TEMPLATES / name.value / part).read_text()
    return meta.find_undeclared_variables(ENGLISH.parse(source)) - {"_", "parts"}


def unwrapped(text: str) -> str:
    """The words of a text, on one line."""
    return " ".join(text.split())


def strings(facts: dict[str, Any]) -> set[str]:
    """The facts that are words."""
    return {value for value in facts.values() if isinstance(value, str) and value}


def letter_about(session: Session, people: Cast, name: LetterName, **changed: Any) -> Notification:
    """Barbara's letter after a push of the list announce, with other facts than usual."""
    trigger_push_letter(session, people.announce, name)
    session.flush()
    letter = session.scalars(select(Notification).where(Notification.letter == name)).one()
    letter.detail = {**letter.detail, **changed}
    return letter


def test_every_letter_is_known_under_its_name() -> None:
    assert {name: letter.name for name, letter in LETTERS.items()} == {n: n for n in LetterName}


def test_every_folder_is_a_letter() -> None:
    folders = {path.name for path in TEMPLATES.iterdir() if path.is_dir()}

    assert folders == {name.value for name in LetterName} == {name.value for name in LETTERS}


@pytest.mark.parametrize("name", LetterName)
def test_every_letter_is_complete_and_has_the_variables_of_its_sample(
    session: Session, people: Cast, name: LetterName
) -> None:
    people.grace.name = 'Grace "Amazing" Hopper, née Murray 🎉'
    people.grace.address = "grace@bücher.example"
    people.ada.name = "Лада, графиня"
    letter = a_letter(session, people, name, send_at=SOON, comment="too long")
    facts = {**shared_variables(letter, CONTEXT), **LETTERS[name].variables(letter, CONTEXT)}

    rendered, mail = render(letter, CONTEXT), compose(letter, CONTEXT)

    assert defects(mail) == []
    assert facts.keys() - RAW_FACTS == SAMPLES[name].keys() - ONLY_TO_THE_REST
    in_text = {fact for fact in strings(facts) if fact in rendered.text}
    assert in_text == {fact for fact in in_text if fact in unescape(rendered.html)}
    if name in ABOUT_A_MESSAGE:
        assert_complete(rendered, "General assembly")
        assert letter.message is not None
        letter.message.raw, letter.message.subject = NO_SUBJECT, ""
        letter.message.send_at = None
        assert_complete(render(letter, CONTEXT), "(no subject)")
    letter.user.disabled_at = now()
    assert is_moot(letter)


def assert_complete(rendered: RenderedLetter, subject: str) -> None:
    """Check that each part names the message, and that no variable is missing."""
    parts = (rendered.subject, rendered.text, rendered.html, rendered.sms)
    assert all(subject in part for part in parts)
    assert "None" not in "".join(parts)
    assert "\n" not in rendered.subject


def test_a_phone_lock_letter_names_the_person(session: Session, people: Cast) -> None:
    letter = a_letter(session, people, LetterName.PHONE_LOCKED)

    rendered = render(letter, CONTEXT)

    assert letter.user is people.barbara
    assert all(
        "Grace Hopper" in part
        for part in (rendered.subject, rendered.text, rendered.html, rendered.sms)
    )
    assert all(f"/users/{people.grace.id}" in part for part in (rendered.text, rendered.html))


def test_a_missing_variable_is_an_error() -> None:
    for part in PARTS:
        tolerated = [
            (name, missing)
            for name in LetterName
            for missing in variables(name, part)
            if missing not in error_without(missing, name, part)
        ]

        assert tolerated == []


def error_without(missing: str, name: LetterName, part: str) -> str:
    """Render the part without this variable; return what Jinja says, or ""."""
    template = ENGLISH.get_template(f"{name.value}/{part}")
    try:
        for turn in TURNS:
            facts = {**SAMPLES[name], "language": "en", **turn}
            template.render({key: value for key, value in facts.items() if key != missing})
    except UndefinedError as error:
        return str(error)
    return ""


def test_user_input_is_escaped_in_html_and_unchanged_in_text() -> None:
    for name in ABOUT_A_MESSAGE:
        letter = said_with(name, {**SAMPLES[name], **dict.fromkeys(("author", "subject"), PROBE)})

        assert PROBE in letter.text, name
        assert PROBE in letter.subject, name
        assert "<script" not in letter.html, name
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; " in letter.html, name
        assert "{{ 7 * 7 }}" in letter.html, name


def test_a_digest_shows_each_request_with_its_link(session: Session, people: Cast) -> None:
    digest = a_letter(session, people, LetterName.DIGEST)

    rendered = render(digest, CONTEXT)

    (entry,) = LETTERS[LetterName.DIGEST].variables(digest, CONTEXT)["requests"]
    for part in (rendered.text, rendered.html):
        assert all(one in part for one in ("General assembly", "Ada Lovelace", entry["link"]))
    assert rendered.subject == "Messages to approve: 1"
    assert "/requests" in rendered.sms
    hostile = {"requests": [{**entry, "subject": PROBE}]}
    assert (
        "<script"
        not in said_with(LetterName.DIGEST, {**SAMPLES[LetterName.DIGEST], **hostile}).html
    )


def test_no_variable_of_a_letter_becomes_html() -> None:
    for name in LetterName:
        strange = {
            key: PROBE if isinstance(value, str) and key not in {"state", "verdict"} else value
            for key, value in SAMPLES[name].items()
        }

        assert "<script" not in said_with(name, strange).html, name


def test_a_subject_is_one_line_whatever_is_in_it() -> None:
    for break_ in ["\n", "\r\n", "\r", "\u2028", "\x0b", "\x85"]:
        for name in ABOUT_A_MESSAGE:
            facts = {**SAMPLES[name], "subject": f"Hello{break_}Bcc: eve@example.com"}
            subject = said_with(name, facts).subject

            assert "Hello Bcc: eve@example.com" in subject, name
            assert len(subject.splitlines()) == 1, name


def test_an_approval_request_names_author_list_and_ways_to_answer(
    session: Session, people: Cast
) -> None:
    letter = a_letter(session, people, send_at=datetime(2099, 1, 31, 9, 30, tzinfo=UTC))
    assert letter.request is not None
    (keys, _) = letter.request.approver_keys

    rendered = render(letter, CONTEXT)

    for part in (rendered.text, rendered.html):
        assert "Grace Hopper" in part
        assert "Ada Lovelace" in part
        assert "Announce" in part
        assert "Jan 31, 2099" in part
        assert "UTC" in part
        assert "write OK and nothing more to approve" in unwrapped(part)
        assert CONTEXT.link(keys.id) in part
    for verb in ("OK", "NO: "):
        filled = CONTEXT.mailto(keys.id, subject="Re: General assembly", verb=verb)
        assert filled in unescape(rendered.html)
    assert rendered.subject == "To approve: General assembly [announce]"


def test_a_message_without_a_time_is_sent_once_it_is_approved(
    session: Session, people: Cast
) -> None:
    rendered = render(a_letter(session, people), CONTEXT)

    assert "as soon as it is approved" in rendered.text
    assert "as soon as it is approved" in rendered.html


def test_every_approver_is_addressed_by_name(session: Session, people: Cast) -> None:
    first = a_letter(session, people)

    second = session.get_one(Notification, first.id + 1)

    assert render(first, CONTEXT).text.startswith("Hello Grace Hopper,")
    assert render(second, CONTEXT).text.startswith("Hello Linus Torvalds,")


def test_a_rejection_names_the_approver_and_the_reason(session: Session, people: Cast) -> None:
    letter = a_letter(session, people, LetterName.REJECTED, comment="Too long.\nAnd <dull>.")

    rendered = render(letter, CONTEXT)

    assert rendered.text.startswith("Hello Ada Lovelace,\n\nGrace Hopper has rejected your message")
    assert "Reason:\n\n    Too long.\n    And <dull>.\n" in rendered.text
    assert "Too long.\nAnd &lt;dull&gt;." in rendered.html
    assert "white-space: pre-line" in rendered.html


def test_a_rejection_without_a_reason_says_so(session: Session, people: Cast) -> None:
    rendered = render(a_letter(session, people, LetterName.REJECTED), CONTEXT)

    assert "Reason:\n\n    No reason was given." in rendered.text
    assert "No reason was given." in rendered.html


def test_a_message_that_is_sent_back_comes_with_the_comment_and_a_link(
    session: Session, people: Cast
) -> None:
    letter = a_letter(session, people, LetterName.SENT_BACK, comment="Too long.\nAnd <dull>.")

    rendered = render(letter, CONTEXT)

    assert "What to change:\n\n    Too long.\n    And <dull>.\n" in rendered.text
    assert "Too long.\nAnd &lt;dull&gt;." in rendered.html
    assert f"    {CONTEXT.message_page(letter.message_id or 0)}\n" in rendered.text


def test_the_next_request_shows_what_was_changed(session: Session, people: Cast) -> None:
    first = a_letter(session, people, LetterName.SENT_BACK, comment="Call it *spring*.")
    assert first.message is not None
    first.message.raw = an_eml("Spring <party>")
    request_approval(session, first.message, actor=Actor(people.ada, Door.PORTAL))
    session.flush()
    newest = select(Notification).where(Notification.letter == LetterName.MODERATE)
    letter = session.scalars(newest.order_by(Notification.id.desc())).first()
    assert letter is not None

    rendered = render(letter, CONTEXT)

    assert "Grace Hopper had sent the message back for changes:" in rendered.text
    assert "\n    Call it *spring*.\n" in rendered.text
    assert "Subject\n    - General assembly\n    + Spring <party>\n" in rendered.text
    assert "<del>General assembly</del>" in rendered.html
    assert "<ins>Spring &lt;party&gt;</ins>" in rendered.html


@pytest.mark.parametrize(
    "name",
    [LetterName.REJECTED, LetterName.SENT_BACK, LetterName.RETURNED, LetterName.EXPIRED],
)
def test_a_letter_to_an_author_says_that_nothing_was_sent(
    session: Session, people: Cast, name: LetterName
) -> None:
    letter = a_letter(session, people, name)

    rendered = render(letter, CONTEXT)

    assert letter.user is people.ada
    for part in (unwrapped(rendered.text), unwrapped(rendered.html)):
        assert any(
            each in part for each in ("not sent to anyone", "Nothing was sent.", "not sent,")
        )


@pytest.mark.parametrize("name", SYNC)
def test_letters_about_pushes_name_the_list(
    session: Session, people: Cast, name: LetterName
) -> None:
    letter = letter_about(session, people, name)

    rendered = render(letter, CONTEXT)

    assert letter.user is people.barbara
    assert all(
        "announce" in part
        for part in (rendered.subject, rendered.text, rendered.html, rendered.sms)
    )
    assert "of the mailing list Announce (announce)" in " ".join(rendered.text.split())


def test_a_held_push_letter_has_the_numbers_and_both_ways_to_confirm(
    session: Session, people: Cast
) -> None:
    rendered = render(letter_about(session, people, LetterName.SYNC_HELD, before=1000), CONTEXT)

    for part in (" ".join(rendered.text.split()), rendered.html):
        assert "would remove 420 of the 1000 addresses" in part
        assert "580 would remain" in part
        assert f"/mailing-lists/{people.announce.id}/pushes/confirmation" in part
        assert "listgate sync confirm announce" in part
        assert "listgate sync diff announce" in part
    assert "420 of 1000" in rendered.sms


def test_a_letter_of_an_earlier_version_links_to_the_portal(session: Session, people: Cast) -> None:
    letter = letter_about(session, people, LetterName.SYNC_HELD)
    letter.detail = {name: fact for name, fact in letter.detail.items() if name != "list_id"}

    rendered = render(letter, CONTEXT)

    assert f"\n    {CONTEXT.public_url}\n" in rendered.text


def test_a_failed_push_letter_has_the_reason_and_the_output(session: Session, people: Cast) -> None:
    rendered = render(letter_about(session, people, LetterName.SYNC_FAILING), CONTEXT)

    for part in (rendered.text, rendered.html):
        assert "The command ended with exit status 255." in part
        assert "What the command said:" in part
    assert "\n    No route\n" in rendered.text
    assert "No route" not in rendered.sms


def test_a_command_without_output_is_not_quoted(session: Session, people: Cast) -> None:
    rendered = render(
        letter_about(session, people, LetterName.SYNC_FAILING, stderr=" \n\x07"), CONTEXT
    )

    assert "What the command said" not in rendered.text + rendered.html


def test_the_output_of_a_command_cannot_forge_a_part_of_the_letter(
    session: Session, people: Cast
) -> None:
    stderr = "<script>alert(1)</script>\r\n--\r\nBcc: eve@example.com\r\n{{ 7 * 7 }}\x1b[2J\n.\n"
    letter = letter_about(session, people, LetterName.SYNC_FAILING, stderr=stderr)

    rendered = render(letter, CONTEXT)

    header, _, _ = compose(letter, CONTEXT).partition(b"\r\n\r\n")
    assert b"eve@" not in header
    assert "\x1b" not in rendered.text + rendered.html
    assert "<script" not in rendered.html
    assert (
        "    <script>alert(1)</script>\n    --\n    Bcc: eve@example.com\n    {{ 7" in rendered.text
    )
    assert rendered.text.count("\n-- \n") == 1


def test_one_sms_is_enough_for_a_big_list_with_a_long_name() -> None:
    for language in Language:
        for name in SYNC:
            facts = {
                **samples(language)[name],
                "list": "x" * 30,
                "removals": 999_999,
                "before": 1_234_567,
            }

            rendered = RenderedLetter(name, facts, language=language).sms

            assert is_gsm7(rendered)
            assert segments(rendered) == 1


def test_a_letter_about_suspended_members_is_moot_once_all_are_resumed(
    session: Session, people: Cast
) -> None:
    letter = a_letter(session, people, LetterName.SUSPENDED)
    moot = LETTERS[LetterName.SUSPENDED].moot
    assert not moot(letter)
    assert render(letter, CONTEXT).text.count("Suspended now: 1.") == 1

    for user in (people.edsger, people.barbara):
        resume(session, user, people.announce, actor=Actor.operator())

    session.flush()
    assert moot(letter)


def test_an_approval_request_is_moot_once_it_is_answered(session: Session, people: Cast) -> None:
    letter = a_letter(session, people)
    request = letter.request
    assert request is not None
    moot = LETTERS[LetterName.MODERATE].moot
    assert not moot(letter)

    decide(session, request, Verdict.APPROVED, actor=Actor(people.linus, Door.PORTAL))

    assert moot(letter)


@pytest.mark.parametrize("reason", ["withdrawn", "disabled", "no longer an approver"])
def test_an_approval_request_is_moot_if_its_recipient_cannot_answer(
    session: Session, people: Cast, reason: str
) -> None:
    letter = a_letter(session, people)
    assert letter.request is not None

    if reason == "withdrawn":
        withdraw(session, letter.request, actor=Actor(people.ada, Door.PORTAL))
    elif reason == "disabled":
        users.disable(session, people.grace, actor=Actor.operator())
    else:
        lists.set_approvers(session, people.approvers, [people.linus], actor=Actor.operator())

    assert LETTERS[LetterName.MODERATE].moot(letter)


@pytest.mark.parametrize("end", ["chosen", "sent"])
def test_a_letter_that_asks_for_a_winner_is_moot_once_none_is_needed(
    session: Session, people: Cast, end: str
) -> None:
    letter = a_letter(session, people, LetterName.WINNER)
    assert not is_moot(letter)

    dispatch = session.scalars(select(Dispatch).filter_by(message_id=letter.message_id)).one()
    if end == "chosen":
        dispatch.winner_id = letter.message_id
    else:
        dispatch.move(DispatchState.SENT)

    assert is_moot(letter)


@pytest.mark.parametrize("reason", ["answered", "withdrawn", "no longer an owner"])
def test_a_request_to_join_is_moot_if_its_recipient_cannot_answer(
    session: Session, people: Cast, reason: str
) -> None:
    letter = a_letter(session, people, LetterName.SUBSCRIPTION_REQUEST)
    request = session.scalars(select(SubscriptionRequest)).one()
    assert not is_moot(letter)

    if reason == "answered":
        declined = SubscriptionRequestState.DECLINED
        requests.answer(session, request, declined, actor=Actor.operator(), comment="Not now.")
    elif reason == "withdrawn":
        requests.withdraw(session, request.mailing_list, actor=Actor(request.user, Door.PORTAL))
    else:
        set_roles(session, letter.user, [], actor=Actor.operator())
    session.flush()

    assert is_moot(letter)


def test_a_deputy_reads_for_whom_and_until_when(session: Session, people: Cast) -> None:
    today = now().date()
    days = Away(today, today + timedelta(days=3), ZoneInfo("UTC"), people.edsger)
    set_absence(session, people.grace, days, actor=Actor(people.grace, Door.PORTAL))
    first = a_letter(session, people)
    assert first.user is people.linus
    to_deputy = select(Notification).filter_by(user_id=people.edsger.id)

    rendered = render(session.scalars(to_deputy).one(), CONTEXT)

    last_day = format_day(today + timedelta(days=3), Language.ENGLISH)
    sentence = f"in place of Grace Hopper, who is away until {last_day}."
    assert sentence in unwrapped(rendered.text)
    assert sentence in unwrapped(rendered.html)
    assert rendered.sms.startswith("For Grace Hopper: ")
    assert "in place of" not in render(first, CONTEXT).text


def test_a_letters_suggested_answers_are_understood() -> None:
    for language in Language:
        for name in [LetterName.MODERATE, LetterName.REMINDER, LetterName.NOT_UNDERSTOOD]:
            rendered = RenderedLetter(name, samples(language)[name], language=language)

            for part in (rendered.text, unescape(rendered.html)):
                found = re.findall(r"\b(OK|(?:[A-ZÄÀ]+ )?[A-ZÄ]+ ?:)(?= )", unwrapped(part))
                approve, reject, send_back = found[-3:]
                assert reply_in(approve).verdict is Verdict.APPROVED
                assert reply_in(f"{reject} the reason").verdict is Verdict.REJECTED
                assert reply_in(f"{send_back} the date").verdict is Verdict.SENT_BACK
            words = re.findall(r"\b(OK|N[A-Z]+) (?=482193)", rendered.sms)
            verdicts = [read_sms(f"{word} 482193").verdict for word in words]
            assert verdicts == [Verdict.APPROVED, Verdict.REJECTED]


def test_the_example_of_a_bad_reply_is_not_understood() -> None:
    for language in Language:
        sample = samples(language)[LetterName.NOT_UNDERSTOOD]

        reading = reply_in(sample["quote"])

        assert (reading.why, reading.quote) == (Why.HESITATION, sample["quote"])
        assert sample["reason"] == reason(Why.HESITATION, language)
        assert len({reason(why, language) for why in Why}) == len(Why)
