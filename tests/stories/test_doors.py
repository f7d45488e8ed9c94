"""Four doors lead to one verb: each decides, refuses and answers alike."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from models import (
    Actor,
    AuditEntry,
    Decision,
    Dispatch,
    Door,
    ModerationRequest,
    Verdict,
    WrongCode,
)
from models.database import new_session
from portal.cli import app
from tests.portal.doors import (
    GRACE,
    Doors,
    code_in,
    decisions,
    link,
    user,
)
from workflows.moderation.decide import AlreadyDecided, decide
from workflows.transaction import transaction

ADDRESS = "grace@example.org"
REASON = "far too long"
EVERY_VERDICT = pytest.mark.parametrize("verdict", list(Verdict))


@dataclass(frozen=True)
class Words:
    """What an approver enters: to approve, otherwise with the REASON, and by mistake."""

    approved: str
    rejected: str
    sent_back: str
    mistaken: str

    def of(self, verdict: Verdict) -> str:
        """Return the words for this verdict."""
        return {
            Verdict.APPROVED: self.approved,
            Verdict.REJECTED: self.rejected,
            Verdict.SENT_BACK: self.sent_back,
        }[verdict]


WORDS = {
    Door.SMS: Words(
        "OK {code}",
        f"NO {{code}} {REASON}",
        f"CHANGES {{code}} {REASON}",
        "perhaps {code}",
    ),
    Door.MAIL: Words("OK", f"NO: {REASON}", f"CHANGES: {REASON}", "I cannot approve this yet."),
    Door.LINK: Words("approved", "rejected", "sent_back", "perhaps"),
    Door.COMMAND_LINE: Words("approve", "reject", "send-back", "perhaps"),
}


@dataclass(frozen=True)
class Asked:
    """A request, and what Grace needs to answer it through each door."""

    request: int
    code: str
    reply_to: str
    link: str


def ask(doors: Doors) -> Asked:
    """Ask Grace by mail and by SMS."""
    request = doors.ask()
    letter = doors.mailbox.to(ADDRESS)[-1].message
    return Asked(request, code_in(doors.phone.to(GRACE)[-1].body), letter["Reply-To"], link(doors))


def by_sms(doors: Doors, words: str, asked: Asked) -> str:
    """Answer by SMS with the code; return the SMS that Listgate sends back."""
    before = len(doors.phone.to(GRACE))
    assert doors.phone.text(GRACE, words.format(code=asked.code)).status == 200
    (answer,) = doors.phone.to(GRACE)[before:]
    return answer.body


def by_mail(doors: Doors, words: str, asked: Asked) -> str:
    """Write to the letter's reply address; return the letter that Listgate sends back, or ""."""
    before = len(doors.mailbox.to(ADDRESS))
    head = f"From: Grace Hopper <{ADDRESS}>\r\nTo: {asked.reply_to}\r\nSubject: Re: To approve\r\n"
    doors.hand_over(f"{head}\r\n{words}\r\n".encode(), sender=ADDRESS, recipient=asked.reply_to)
    doors.work()
    answers = [one.message.get_body(("plain",)) for one in doors.mailbox.to(ADDRESS)[before:]]
    return "\n".join(one.get_content() for one in answers if one)


def by_link(doors: Doors, words: str, asked: Asked) -> str:
    """Press a button behind the letter's link; return the status and the page that follows."""
    comment = REASON if words != "approved" else ""
    answer = doors.post(asked.link, verdict=words, comment=comment)
    shown = doors.get(answer.headers["Location"]) if answer.status == 303 else answer
    return f"{answer.status} {shown.data.decode()}"


def by_command(_doors: Doors, words: str, asked: Asked) -> str:
    """Run `listgate decide`; return its exit code with its output or its refusal."""
    comment = ["--comment", REASON] if words != "approve" else []
    command = ["decide", str(asked.request), words, "--as", ADDRESS, *comment]
    done = CliRunner().invoke(app, command)
    refusal = done.exception if isinstance(done.exception, AlreadyDecided) else ""
    return f"{done.exit_code} {done.output}{refusal}"


ENTER: dict[Door, Callable[[Doors, str, Asked], str]] = {
    Door.SMS: by_sms,
    Door.MAIL: by_mail,
    Door.LINK: by_link,
    Door.COMMAND_LINE: by_command,
}

DECIDED = {
    (Door.SMS, Verdict.APPROVED): '^Approved: "General assembly" for announce. Thank you.$',
    (
        Door.SMS,
        Verdict.REJECTED,
    ): '^Rejected: "General assembly" for announce. The author is notified',
    (
        Door.SMS,
        Verdict.SENT_BACK,
    ): '^Sent back: "General assembly" for announce',
    # No letter: it would only repeat what the approver has written.
    (Door.MAIL, Verdict.APPROVED): "^$",
    (Door.MAIL, Verdict.REJECTED): "^$",
    (Door.MAIL, Verdict.SENT_BACK): "^$",
    (Door.LINK, Verdict.APPROVED): "^303 .*You answered on .*: approved",
    (Door.LINK, Verdict.REJECTED): f"^303 .*You answered on .*: rejected. {REASON}",
    (Door.LINK, Verdict.SENT_BACK): f"^303 .*You answered on .*: sent back.* {REASON}",
    (Door.COMMAND_LINE, Verdict.APPROVED): r"^0 Message \d+ is scheduled for ",
    (
        Door.COMMAND_LINE,
        Verdict.REJECTED,
    ): rf"^0 Message \d+ was rejected by Grace Hopper: {REASON}",
    (
        Door.COMMAND_LINE,
        Verdict.SENT_BACK,
    ): rf"^0 Message \d+ is a draft again, .* Grace Hopper: {REASON}",
}
TOO_LATE = {
    Door.SMS: "^Too late: Linus Torvalds answered first. Nothing was done.$",
    Door.MAIL: "Linus Torvalds",
    Door.LINK: "^409 .*Linus Torvalds answered on ",
    Door.COMMAND_LINE: "^1 Linus Torvalds has already (approved|rejected) this message",
}
NOT_UNDERSTOOD = {
    Door.SMS: "^Not understood, nothing was done. Answer OK and the six digits, or NO",
    Door.MAIL: "not understood",
    Door.LINK: "^400 ",
    Door.COMMAND_LINE: "^2 .*'perhaps' is not one of 'approve', 'reject', 'send-back'",
}


def says(answer: str, pattern: str) -> bool:
    """Return whether the answer matches, without regard to line breaks and frames."""
    text = " ".join(answer.replace("│", " ").split())
    return re.search(pattern, text, re.IGNORECASE) is not None


def linus_decides(doors: Doors, request: int, verdict: Verdict) -> None:
    """Decide before the answer that is tested."""
    with transaction() as session:
        asked = session.get_one(ModerationRequest, request)
        linus = user(session, "linus")
        decide(session, asked, verdict, actor=Actor(linus, Door.PORTAL))
    doors.published.clear()  # drop the letters about it


def effects() -> list[int]:
    """Return the numbers of decisions, dispatches and wrong codes."""
    counted = (Decision, Dispatch, WrongCode)
    with new_session() as session:
        return [session.query(kind).count() for kind in counted]


@EVERY_VERDICT
def test_each_door_decides_and_writes_the_same_audit_entry_except_for_the_door(
    doors: Doors, verdict: Verdict
) -> None:
    logs = []
    for number, (door, words) in enumerate(WORDS.items(), start=1):
        asked = ask(doors)
        request, before = asked.request, len(audit_log())

        answer = ENTER[door](doors, words.of(verdict), asked)

        decision = decisions()[-1]
        assert (decision.request_id, decision.approver.name) == (request, "Grace Hopper")
        assert (decision.verdict, decision.via) == (verdict, door)
        assert decision.comment == ("" if verdict is Verdict.APPROVED else REASON)
        assert says(answer, DECIDED[door, verdict]), answer
        assert effects() == [number, number * (verdict is Verdict.APPROVED), 0]
        doors.work()
        entries = [one for one in audit_log()[before:] if one.door is not Door.SYSTEM]
        assert [one.detail.pop("request_id") for one in entries] == [request]
        logs.append([(one.act, one.actor, one.actor_id, one.detail) for one in entries])
        assert [(one.act, one.door) for one in entries] == [(verdict.value, door)]
        assert {one.message_id for one in entries} == {request}
        assert all(one.list_id and one.at for one in entries)

    assert logs == [logs[0]] * len(WORDS)


def test_a_late_answer_changes_nothing_and_gets_the_name_of_who_was_first(doors: Doors) -> None:
    asked = ask(doors)
    linus_decides(doors, asked.request, Verdict.REJECTED)

    for door, words in WORDS.items():
        answer = ENTER[door](doors, words.approved, asked)

        assert says(answer, TOO_LATE[door]), answer
        (decision,) = decisions()
        assert (decision.approver.name, decision.verdict) == ("Linus Torvalds", Verdict.REJECTED)
        assert decision.via is Door.PORTAL
        assert effects() == [1, 0, 0]


def test_an_unclear_answer_changes_nothing_and_is_refused_first_and_late(doors: Doors) -> None:
    asked = ask(doors)

    for door, words in WORDS.items():
        answer = ENTER[door](doors, words.mistaken, asked)
        assert says(answer, NOT_UNDERSTOOD[door]), answer
        assert effects() == [0, 0, 0]
    linus_decides(doors, asked.request, Verdict.APPROVED)

    for door, words in WORDS.items():
        answer = ENTER[door](doors, words.mistaken, asked)
        # A mail does not explain how to answer a request that is closed.
        sentences = TOO_LATE if door is Door.MAIL else NOT_UNDERSTOOD
        assert says(answer, sentences[door]), answer
        assert [one.approver.name for one in decisions()] == ["Linus Torvalds"]
        assert effects() == [1, 1, 0]


def audit_log() -> list[AuditEntry]:
    """Return the audit log, oldest entry first."""
    with new_session() as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
