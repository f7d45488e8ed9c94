"""The page behind the link of a letter: GET changes nothing, POST decides once."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from models import Actor, Door, Language, ModerationRequest, Verdict
from models.clock import now
from portal.moderation import link as link_page
from portal.moderation.link import LINK_SHOWS_MESSAGE
from tests.builders import an_eml
from tests.portal.doors import PUBLIC, Doors, decisions, form, link, rows, user
from workflows.lists import lists
from workflows.moderation import decide
from workflows.moderation.deadlines import Deadlines, meet_deadlines
from workflows.transaction import transaction

COMMENT = "Bitte kürzer & <b>netter</b>"


@pytest.fixture
def path(doors: Doors) -> str:
    """Return the path of Grace's link, from the letter that she got."""
    doors.ask_first()
    return link(doors)


def page(doors: Doors, path: str) -> str:
    """Return the page of the link."""
    answer = doors.get(path)
    assert answer.status == 200
    return answer.data.decode()


def answer_elsewhere(
    name: str, verdict: Verdict = Verdict.REJECTED, comment: str = COMMENT
) -> None:
    """Decide as this approver in the portal."""
    with transaction() as session:
        request = session.get_one(ModerationRequest, 1)
        decide.decide(
            session,
            request,
            verdict,
            actor=Actor(user(session, name), Door.PORTAL),
            comment=comment,
        )


def test_opening_it_again_and_again_changes_nothing(doors: Doors, path: str) -> None:
    before = rows()

    shown = {page(doors, path) for _ in range(2)}
    assert doors.get(path + "?verdict=approved").status == 200

    assert rows() == before
    (text,) = shown
    assert "General assembly" in text
    assert "please come." in text
    assert text.count("<button") == len(Verdict)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_button_decides_once_and_the_page_shows_the_decision(
    doors: Doors, path: str, verdict: Verdict
) -> None:
    answer = doors.post(path, verdict=verdict, comment=" fine ")

    assert (answer.status, answer.headers["Location"]) == (303, path)
    (decision,) = decisions()
    assert (decision.verdict, decision.via, decision.comment) == (verdict, Door.LINK, "fine")
    assert decision.approver.name == "Grace Hopper"
    text = page(doors, path)
    assert "You answered on" in text
    assert "<button" not in text


def test_a_second_press_is_409_and_changes_nothing(doors: Doors, path: str) -> None:
    doors.post(path, verdict="approved")
    before = rows()

    again = doors.post(path, verdict="rejected")

    assert again.status == 409
    assert "You have already approved this message" in again.data.decode()
    assert "Your first answer stands." in again.data.decode()
    assert "You answered on" in again.data.decode()
    assert rows() == before


def test_a_late_approver_sees_who_was_first(doors: Doors, path: str) -> None:
    answer_elsewhere("linus")
    before = rows()

    late = doors.post(path, verdict="approved")

    assert late.status == 409
    assert "Linus Torvalds answered on" in late.data.decode()
    assert rows() == before


def test_an_unknown_link_is_404(doors: Doors, path: str) -> None:
    before = rows()
    strange = [path[:-1], path + "a", "/answer/" + "a" * 26, "/answer/%00", "/answer/%ff%ed%a0%80"]

    assert [doors.get(one).status for one in strange] == [404] * 5
    assert [doors.post(one, verdict="approved").status for one in strange] == [404] * 5
    assert rows() == before


def test_any_other_verdict_is_400(doors: Doors, path: str) -> None:
    before, wrong = rows(), ["", "yes", "APPROVED", "approved ", "decided", "\0"]

    assert {each: doors.post(path, verdict=each).status for each in wrong} == dict.fromkeys(
        wrong, 400
    )
    assert form(doors.web + path, {}).status == 400
    assert rows() == before


def test_a_comment_that_cannot_be_saved_is_400_and_the_link_still_works(
    doors: Doors, path: str
) -> None:
    for comment in ("x" * 10_001, "a\0b"):
        assert doors.post(path, verdict="rejected", comment=comment).status == 400
    assert decisions() == []

    assert doors.post(path, verdict="rejected").status == 303


def test_a_form_that_is_too_large_is_413(doors: Doors, path: str) -> None:
    assert doors.post(path, verdict="rejected", comment="x" * 200_000).status == 413
    assert decisions() == []


def test_a_withdrawn_request_is_shown_as_such(doors: Doors, path: str) -> None:
    with transaction() as session:
        request = session.get_one(ModerationRequest, 1)
        decide.withdraw(session, request, actor=Actor(user(session, "ada"), Door.PORTAL))

    text = page(doors, path)

    assert "This request was withdrawn or has expired." in text
    assert "<button" not in text
    assert doors.post(path, verdict="approved").status == 409
    assert decisions() == []


@pytest.mark.parametrize("verdict", list(Verdict))
def test_weeks_after_the_decision_the_link_says_only_who_decided(
    doors: Doors, path: str, verdict: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_elsewhere("linus", verdict)
    parts = [f"{path}/html", f"{path}/attachments/0"]
    turn_clock(monkeypatch, LINK_SHOWS_MESSAGE - timedelta(hours=1))
    assert "General assembly" in page(doors, path)

    turn_clock(monkeypatch, LINK_SHOWS_MESSAGE + timedelta(hours=1))
    text = page(doors, path)

    assert "Linus Torvalds answered on" in text
    written = ["General assembly", "please come.", "Announce", "Ada Lovelace", "netter"]
    assert [each for each in written if each in text] == []
    assert "<button" not in text
    assert [doors.get(each).status for each in parts] == [404, 404]
    late = doors.post(path, verdict="approved")
    assert late.status == 409
    assert "General assembly" not in late.data.decode()


def test_weeks_after_it_was_asked_a_link_shows_only_what_is_still_open(
    doors: Doors, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    turn_clock(monkeypatch, LINK_SHOWS_MESSAGE + timedelta(hours=1))
    assert "General assembly" in page(doors, path)
    with transaction() as session:
        request = session.get_one(ModerationRequest, 1)
        decide.withdraw(session, request, actor=Actor(user(session, "ada"), Door.PORTAL))

    text = page(doors, path)

    assert "This request was withdrawn or has expired." in text
    assert "General assembly" not in text


def turn_clock(monkeypatch: pytest.MonkeyPatch, ahead: timedelta) -> None:
    """Open the page behind the link so much later."""
    monkeypatch.setattr(link_page, "now", lambda: now() + ahead)


def test_a_former_approver_is_refused_and_audited(doors: Doors, path: str) -> None:
    with transaction() as session:
        request = session.get_one(ModerationRequest, 1)
        editors = request.message.mailing_list.approver_list
        assert editors
        linus = user(session, "linus")
        lists.set_approvers(session, editors, [linus], actor=Actor.operator())

    assert "You are no longer an approver of this list." in page(doors, path)
    assert doors.post(path, verdict="approved").status == 403
    assert decisions() == []
    refused = [entry for entry in rows()["audit_entry"] if "refused" in entry]
    assert len(refused) == 1


def test_a_link_is_one_approvers_and_for_one_request(doors: Doors, path: str) -> None:
    doors.ask()
    other, of_linus = link(doors), link(doors, "linus")
    assert len({path, other, of_linus}) == 3

    doors.post(of_linus, verdict="approved")

    (decision,) = decisions()
    assert decision.approver.name == "Linus Torvalds"
    assert "<button" in page(doors, path)


def test_the_page_is_in_the_approvers_language(doors: Doors, path: str) -> None:
    buttons = ["Approve", "Approuver", "Freigeben"]

    for language, button in zip(Language, buttons, strict=True):
        with transaction() as session:
            user(session, "grace").language = language
        text = page(doors, path)

        assert f'<html lang="{language}">' in text
        assert f">{button}<" in text


def test_user_input_is_text_and_never_markup(doors: Doors) -> None:
    evil = "<script>alert(1)</script>"
    doors.ask(an_eml(evil))
    path = link(doors)
    with transaction() as session:
        user(session, "ada").name = f"Ada {evil}"
        user(session, "linus").name = f"Linus {evil}"
    answer_elsewhere("linus", comment=evil)

    text = page(doors, path)

    assert re.findall(r"<script(?! src=\"/static/)", text) == []
    assert text.count("&lt;script&gt;") >= 4


def test_a_message_in_html_alone_is_shown_as_text(doors: Doors) -> None:
    body = b"<p>Dear <b>members</b>,</p><script>alert(1)</script><p>please &lt;come&gt;.</p>"
    head = b"From: ada@example.org\r\nSubject: Hi\r\nContent-Type: text/html\r\n\r\n"
    doors.ask(head + body)

    text = page(doors, link(doors))

    assert "Dear members," in text
    assert "please &lt;come&gt;." in text
    assert "<b>" not in text
    assert "alert(1)" not in text


def test_every_answer_has_the_headers_that_keep_it_private(doors: Doors, path: str) -> None:
    answers = [
        doors.get(path),
        doors.post(path, verdict="no"),
        doors.get("/answer/unknown"),
        doors.post(path, verdict="approved"),
        doors.post(path, verdict="approved"),
    ]

    assert [answer.status for answer in answers] == [200, 400, 404, 303, 409]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers


def test_the_link_in_an_sms_leads_to_the_log_in(doors: Doors, path: str) -> None:
    assert path
    (sms,) = doors.phone.to("+33612345678")
    (found,) = re.findall(rf"{PUBLIC}(/requests/[0-9]+)", sms.body)

    answer = doors.get(found)

    assert (answer.status, answer.headers["Location"]) == (303, f"/log-in?next={found}")
    assert "General assembly" not in answer.data.decode()


def test_an_expired_request_is_shown_as_such(doors: Doors, path: str) -> None:
    week = timedelta(days=7)
    with transaction() as session:
        meet_deadlines(session, Deadlines(week, week, timedelta(0)))

    text = page(doors, path)

    assert "This request was withdrawn or has expired." in text
    assert "<button" not in text
    assert doors.post(path, verdict="approved").status == 409
    assert decisions() == []


def test_one_of_three_simultaneous_clicks_counts_and_the_others_see_it(
    doors: Doors, path: str
) -> None:
    def press(verdict: Verdict) -> tuple[int, str]:
        answer = doors.post(path, verdict=verdict, comment="so")
        return answer.status, answer.data.decode()

    with ThreadPoolExecutor(len(Verdict)) as threads:
        answered = sorted(threads.map(press, Verdict))

    assert [status for status, _ in answered] == [303, 409, 409]
    assert all("You answered on" in page for _, page in answered[1:])
    assert len(decisions()) == 1
    audited = [row for row in rows()["audit_entry"] if any(each in row for each in Verdict)]
    assert len(audited) == 1
