"""The page behind the link of a letter, when something else has happened meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from models import Verdict
from tests.portal.doors import Doors, decisions, rows
from tests.portal.moderation.test_decision_page import link, page
from workflows.moderation.deadlines import Deadlines, meet_deadlines
from workflows.transaction import transaction


def test_an_expired_request_is_shown_as_such(doors: Doors) -> None:
    doors.ask()
    path = link(doors)
    week = timedelta(days=7)
    with transaction() as session:
        meet_deadlines(session, Deadlines(week, week, timedelta(0)))

    text = page(doors, path)

    assert "This request was withdrawn or has expired." in text
    assert "<button" not in text
    assert doors.post(path, verdict="approved").status == 409
    assert decisions() == []


def test_of_two_presses_at_once_one_counts_and_the_other_is_shown_it(doors: Doors) -> None:
    for round_ in range(1, 6):
        doors.ask()
        path = link(doors)

        def press(verdict: Verdict, path: str = path) -> tuple[int, str]:
            answer = doors.post(path, verdict=verdict)
            return answer.status, answer.data.decode()

        with ThreadPoolExecutor(2) as threads:
            answered = sorted(threads.map(press, Verdict))

        assert [status for status, _ in answered] == [303, 409]
        assert "Grace Hopper answered on" in answered[1][1]
        assert len(decisions()) == round_
        doors.work()
    told = [row for row in rows()["audit_entry"] if "approved" in row or "rejected" in row]
    assert len(told) == 5
