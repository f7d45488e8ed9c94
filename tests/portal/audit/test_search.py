"""The audit trail's page: access, search, older entries, the CSV."""

import csv
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from models import Act, Actor, Door, Language, User, Verdict, record
from models.clock import now
from models.services import act_as
from portal.audit import search
from tests.builders import Cast, a_request
from tests.portal.visitors import Visitor
from tests.workflows.services.callers import a_service
from workflows.moderation.decide import decide
from workflows.people.users import disable
from workflows.subscriptions.subscribe import subscribe

Login = Callable[[User], Visitor]


@pytest.fixture
def admin(people: Cast, as_person: Login) -> Visitor:
    """Barbara's browser."""
    return as_person(people.barbara)


def found(browser: Visitor, query: str = "") -> str:
    """The rows that are found."""
    assert browser.get(f"/trail?{query}").status_code == 200
    return browser.page.partition("<tbody>")[2].partition("</tbody>")[0]


def exported(browser: Visitor, query: str = "") -> list[list[str]]:
    """The lines of the file, without the first."""
    answer = browser.get(f"/trail.csv?{query}")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    assert answer.headers["Content-Disposition"] == "attachment; filename=listgate-trail.csv"
    first, *others = csv.reader(StringIO(answer.text))
    assert first == list(search.COLUMNS)
    return others


def test_every_field_finds_its_entries(session: Session, people: Cast, admin: Visitor) -> None:
    request = a_request(session, people)
    decide(session, request, Verdict.REJECTED, actor=Actor(people.grace, Door.SMS), comment="No.")
    disable(session, people.edsger, actor=Actor(people.barbara, Door.PORTAL))
    session.flush()

    assert "Barbara Liskov disabled Edsger Dijkstra" in found(admin, "person=edsger")
    assert "Barbara Liskov disabled Edsger Dijkstra" in found(admin, "person=EDSGER@example.org")
    assert "rejected" not in found(admin, "person=edsger")
    assert "Grace Hopper rejected: No." in found(admin, f"message={request.message_id}")
    assert "Grace Hopper rejected: No." in found(admin, "message=general+ass&door=sms")
    assert "wrote" not in found(admin, "door=sms")
    assert "operator created the list announce" in found(admin, f"list={people.announce.id}")
    assert found(admin, "act=rejected").count("<tr>") == 1
    assert found(admin, "person=nobody+of+this+name") == ""
    assert "Nothing was found." in admin.page


def test_days_are_the_readers_and_the_last_one_counts(
    session: Session, people: Cast, admin: Visitor
) -> None:
    people.barbara.time_zone = "Pacific/Auckland"
    session.flush()
    assert admin.get("/trail").status_code == 200
    here = now().astimezone(ZoneInfo("Pacific/Auckland")).date()

    assert "announce" in found(admin, f"since={here}&until={here}")
    assert found(admin, f"since={here + timedelta(days=1)}") == ""
    assert found(admin, f"until={here - timedelta(days=1)}") == ""


@pytest.mark.parametrize(
    "query",
    ["since=yesterday", "until=9999-12-31", "list=x", "door=window", "act=danced", "person=%00"],
)
def test_an_invalid_search_is_refused_with_a_sentence(admin: Visitor, query: str) -> None:
    assert admin.get(f"/trail?{query}").status_code == 400
    assert "This search field is not valid" in admin.page
    assert admin.get(f"/trail.csv?{query}").status_code == 400
    assert admin.get("/trail?before=-").status_code == 400


def test_a_number_of_any_length_is_no_fault(admin: Visitor) -> None:
    assert found(admin, "message=" + "9" * 400) == ""
    assert admin.get("/trail?list=" + "9" * 400).status_code == 400


def test_unknown_fields_do_not_reach_the_links(admin: Visitor) -> None:
    found(admin, "endpoint=x&_external=1&_anchor=evil&door=portal")

    assert 'href="/trail.csv?door=portal"' in admin.page
    assert "evil" not in admin.page


def record_seven_log_ins(session: Session, people: Cast) -> None:
    """Put seven log-ins of Ada's into the audit log."""
    for _ in range(7):
        record(session, Act.LOGGED_IN, actor=Actor(people.ada, Door.PORTAL), user_id=people.ada.id)
    session.flush()


def test_older_entries_follow_without_gap_or_repetition(
    session: Session, people: Cast, admin: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "ROWS", 3)
    record_seven_log_ins(session, people)

    seen, path = [], "act=logged_in"
    for _ in range(3):
        rows = found(admin, path)
        seen.append(rows.count("<tr>"))
        _, _, link = admin.page.partition('rel="next" href="/trail?')
        path = link.partition('"')[0]

    assert seen == [3, 3, 1]
    assert path == ""
    assert "Newest entries" in admin.page


def test_the_file_holds_everything_that_answers(
    session: Session, people: Cast, admin: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "BATCH", 3)
    record_seven_log_ins(session, people)

    lines = exported(admin, "act=logged_in")

    assert len({line[0] for line in lines}) == 7
    assert {tuple(line[2:]) for line in lines} == {
        ("portal", "Ada Lovelace", "logged_in", "Ada Lovelace logged in", "", "", "")
    }
    assert exported(admin, "door=sms") == []


def test_page_and_file_name_the_service(session: Session, people: Cast, admin: Visitor) -> None:
    crm = a_service(session)
    act_as(session, crm)
    a_request(session, people)
    subscribe(session, people.ada, people.announce, actor=Actor(None, Door.SERVICE, crm))
    act_as(session, None)

    assert "Ada Lovelace (through crm) wrote the message" in found(admin, "act=wrote")
    assert "crm subscribed Ada Lovelace to announce" in found(admin, "act=subscribed")
    ((*_, service),) = exported(admin, "act=wrote")
    assert service == "crm"


def test_the_file_is_in_the_readers_language(
    session: Session, people: Cast, admin: Visitor
) -> None:
    people.barbara.language = Language.GERMAN
    session.flush()

    sentences = [line[5] for line in exported(admin, f"list={people.announce.id}")]

    assert "Der Betrieb hat die Liste announce angelegt" in sentences


def test_no_cell_of_the_file_is_a_formula(session: Session, people: Cast, admin: Visitor) -> None:
    people.ada.name = '=HYPERLINK("https://evil.example","Ada")'
    session.flush()
    a_request(session, people)

    lines = exported(admin, "act=wrote")

    assert [line[3] for line in lines] == ["'" + people.ada.name]
    assert all(cell[:1] not in {"=", "+", "-", "@"} for line in lines for cell in line)
