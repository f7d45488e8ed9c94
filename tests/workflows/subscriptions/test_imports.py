"""Subscribe every address in a file to a list."""

from io import BytesIO

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Change,
    Door,
    SubscriptionChange,
    Trespass,
    User,
)
from tests.builders import Cast, a_list, person
from tests.workflows.subscriptions.importing import FILES, checked, first_names, imported
from workflows.people import removal
from workflows.people.users import disable
from workflows.subscriptions import imports
from workflows.subscriptions.imports import Imported, NotEverybodyKnown


def changes(session: Session) -> int:
    """Return the length of the journal."""
    return session.scalar(select(func.count(SubscriptionChange.id))) or 0


def trail(session: Session) -> list[AuditEntry]:
    """The imports in the audit trail."""
    found = select(AuditEntry).where(AuditEntry.act == Act.IMPORTED).order_by(AuditEntry.id)
    return list(session.scalars(found))


def test_everybody_in_the_file_is_on_the_list_and_in_the_journal(
    session: Session, people: Cast
) -> None:
    talk, before = a_list(session, "talk"), changes(session)

    done = imported(session, "ada@example.org\ngrace@example.org\n", talk, by=people.barbara)

    assert done == Imported(joined=2, created=0)
    assert first_names(session, talk) == {"Ada", "Grace"}
    rows = session.scalars(
        select(SubscriptionChange).where(SubscriptionChange.list_id == talk.id)
    ).all()
    assert changes(session) == before + 2
    assert {(row.user_id, row.change, row.by_id, row.via) for row in rows} == {
        (people.ada.id, Change.JOINED, people.barbara.id, Door.COMMAND_LINE),
        (people.grace.id, Change.JOINED, people.barbara.id, Door.COMMAND_LINE),
    }


def test_an_import_is_one_act_with_its_numbers(session: Session, people: Cast) -> None:
    talk = a_list(session, "talk")

    imported(session, "# staff\nada@example.org\ngrace@example.org", talk, by=people.barbara)

    (entry,) = trail(session)
    assert (entry.actor, entry.door, entry.list_id) == (
        "Barbara Liskov",
        Door.COMMAND_LINE,
        talk.id,
    )
    assert entry.detail == {"lines": 3, "joined": 2, "created": 0}


def test_importing_twice_is_importing_once(session: Session, people: Cast) -> None:
    content = "ada@example.org\nedsger@example.org\n"
    assert imported(session, content, people.announce) == Imported(joined=1, created=0)
    before = changes(session)

    again = imported(session, content, people.announce)

    assert again == Imported(joined=0, created=0)
    assert (changes(session), len(trail(session))) == (before, 1)


def test_the_report_counts_users_who_are_on_the_list_already(
    session: Session, people: Cast
) -> None:
    report = checked(session, "ada@example.org\nedsger@example.org\n", people.announce)

    assert (report.known, report.on_list, report.joining) == (2, 1, 1)


def test_a_person_named_in_many_spellings_is_known_once(session: Session, people: Cast) -> None:
    person(session, "Jörg Müller").address = "jörg@müller.de"
    session.flush()
    content = (
        "ADA@example.org\nAda <ada@Example.org>\njörg@müller.de\nJÖRG@MÜLLER.DE\n"
        "jörg@xn--mller-kva.de\njo\N{COMBINING DIAERESIS}rg@müller.de\n"
    )

    report = checked(session, content, people.announce)

    assert (report.known, report.duplicates, report.unknown, report.malformed) == (2, 4, [], [])
    assert imported(session, content, people.announce).joined == 2


def test_unknown_and_malformed_lines_are_reported_by_number(session: Session, people: Cast) -> None:
    content = "ada@example.org\nNo One <no.one@example.org>\nnonsense\nNO.ONE@example.org\n\xff"

    report = checked(session, content.encode("latin-1"), people.announce)

    assert [(each.line, each.address, each.name) for each in report.unknown] == [
        (2, "no.one@example.org", "No One")
    ]
    assert [each.line for each in report.malformed] == [3, 5]
    assert report.malformed[0].reason.startswith("This is not an e-mail address")
    assert (report.lines, report.known, report.duplicates) == (5, 1, 1)


@pytest.mark.parametrize("line", ["no.one@example.org", "nonsense", "Ada ada@example.org"])
def test_one_unknown_or_malformed_line_stops_the_import(
    session: Session, people: Cast, line: str
) -> None:
    before = changes(session)

    with pytest.raises(NotEverybodyKnown, match="Nothing was imported") as refusal:
        imported(session, f"ada@example.org\n{line}\n", people.announce)

    assert first_names(session, people.announce) == {"Barbara", "Edsger"}
    assert (changes(session), trail(session)) == (before, [])
    assert "@" not in str(refusal.value)


def test_unknown_and_malformed_lines_can_be_skipped(session: Session, people: Cast) -> None:
    content = "nonsense\nno.one@example.org\nada@example.org\n"

    done = imported(session, content, people.announce, skip_unknown=True)

    assert done == Imported(joined=1, created=0)
    assert first_names(session, people.announce) == {"Ada", "Barbara", "Edsger"}
    assert session.scalar(select(func.count(User.id))) == 5


def test_a_removed_user_is_unknown(session: Session, people: Cast) -> None:
    removal.remove_user(session, people.ada, actor=Actor.operator())
    session.flush()

    report = checked(session, f"{people.ada.address}\nada@example.org\n", people.announce)

    assert report.known == 0
    assert [each.line for each in report.unknown] == [2]
    assert [each.line for each in report.malformed] == [1]


def test_a_disabled_user_is_known(session: Session, people: Cast) -> None:
    disable(session, people.ada, actor=Actor.operator())
    session.flush()

    assert imported(session, "ada@example.org", people.announce).joined == 1


def test_a_user_removed_after_the_check_does_not_join(session: Session, people: Cast) -> None:
    report = checked(session, "ada@example.org\ngrace@example.org", people.announce)
    removal.remove_user(session, people.ada, actor=Actor.operator())
    session.flush()

    done = imports.import_checked(session, people.announce, report, actor=Actor.operator())

    assert done.joined == 1
    assert "Ada" not in first_names(session, people.announce)


@pytest.mark.parametrize("name", ["ada", "edsger"])
def test_importing_and_checking_need_the_right_to_edit_lists(
    session: Session, people: Cast, name: str
) -> None:
    by, report = getattr(people, name), checked(session, "grace@example.org", people.announce)

    with pytest.raises(Trespass, match=r"lacks the right EDIT_LISTS \(402\)"):
        imports.import_checked(session, people.announce, report, actor=Actor(by, Door.PORTAL))
    with pytest.raises(Trespass, match=r"lacks the right EDIT_LISTS \(402\)"):
        imports.list_for(session, "x", "x@example.org", "X", actor=Actor(by, Door.PORTAL))
    with pytest.raises(Trespass, match=r"lacks the right EDIT_LISTS \(402\)"):
        imports.check(session, BytesIO(), people.announce, actor=Actor(by, Door.PORTAL))

    assert first_names(session, people.announce) == {"Barbara", "Edsger"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(FILES)
def test_every_line_of_any_file_is_one_of_six_things(
    session: Session, people: Cast, content: bytes
) -> None:
    report = checked(session, content, people.announce)

    counts = (report.known, report.duplicates, report.blank, report.comments)
    assert sum(counts) + len(report.unknown) + len(report.malformed) == report.lines
    assert min(counts) >= 0
