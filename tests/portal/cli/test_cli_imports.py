"""`listgate import-mailing-list`."""

import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Invalid, MailingList, Subscription, SubscriptionChange, User
from portal.cli import main
from tests.builders import Cast, listgate
from workflows import logs
from workflows.subscriptions.imports import NotEverybodyKnown

ANNOUNCE = ("import-mailing-list", "announce@lists.example.org", "Announcements")
MIXED = b"ada@example.org\nNo One <no.one@example.org>\nnonsense\nada@example.org\n"
# The report of it, besides the reason why an address is invalid.
MIXED_SUM = (
    "4 lines: 1 person (0 already on the list), 1 unknown, 1 malformed, 1 repeated, 0 blank, "
    "0 comments."
)


def members(session: Session, short_name: str) -> set[str]:
    """Return the members of the list, by first name."""
    session.expire_all()
    found = (
        select(User.name)
        .join(Subscription, Subscription.user_id == User.id)
        .join(MailingList, MailingList.id == Subscription.list_id)
        .where(MailingList.short_name == short_name)
    )
    return {name.split()[0] for name in session.scalars(found)}


def written(session: Session) -> list[int]:
    """Count the rows of each kind that an import could have written."""
    tables = (MailingList, User, Subscription, SubscriptionChange)
    return [session.scalar(select(func.count()).select_from(each)) or 0 for each in tables]


@pytest.mark.parametrize("command", ["import-mailing-list", "import_mailling_list"])
@pytest.mark.usefixtures("people")
def test_a_new_list_is_created_with_everybody_in_the_file(session: Session, command: str) -> None:
    done = listgate(
        command,
        "Staff@example.org",
        "Our staff",
        "-",
        stdin=b"ada@example.org\r\nGrace Hopper <GRACE@example.org>\r\n\r\n# gone\r\n",
    )

    staff = session.scalars(select(MailingList).where(MailingList.short_name == "staff")).one()
    assert (staff.address, staff.name) == ("Staff@example.org", "Our staff")
    assert members(session, "staff") == {"Ada", "Grace"}
    assert done.stdout.splitlines() == [
        "4 lines: 2 people (0 already on the list), 0 unknown, 0 malformed, 0 repeated, 1 blank, "
        "1 comments.",
        "2 people have joined the list staff.",
        "The list has no description yet.",
    ]
    assert done.stderr == "", "a progress bar, although stderr is no terminal"


def test_a_file_that_does_not_exist_is_a_mistake_in_the_command() -> None:
    done = listgate("import-mailing-list", "staff@example.org", "Staff", "/nowhere")

    assert done.exit_code == 2
    assert "No such file" in done.stderr


def test_the_other_spelling_is_not_advertised() -> None:
    said = listgate("--help").stdout

    assert "import-mailing-list" in said
    assert "import_mailling_list" not in said


def test_an_existing_list_keeps_its_name_and_members(
    session: Session, people: Cast, tmp_path: Path
) -> None:
    people.announce.description = "What everybody should know"
    session.flush()
    file = tmp_path / "addresses"
    file.write_bytes(b"edsger@example.org\nada@example.org\n")

    said = listgate(*ANNOUNCE[:2], "Another name", str(file)).stdout

    assert members(session, "announce") == {"Ada", "Barbara", "Edsger"}
    assert people.announce.name == "Announce"
    assert "(1 already on the list)" in said
    assert said.endswith("\n1 person has joined the list announce.\n")


@pytest.mark.usefixtures("people")
def test_a_short_name_may_be_another_than_the_address_has(session: Session) -> None:
    arguments = ("import-mailing-list", "all+staff@example.org", "Staff", "-")

    with pytest.raises(Invalid, match="A short name has"):
        listgate(*arguments, stdin=b"ada@example.org")
    listgate(*arguments, "--short-name", "staff", stdin=b"ada@example.org")

    assert members(session, "staff") == {"Ada"}


@pytest.mark.usefixtures("people")
def test_unknown_and_malformed_lines_are_skipped_on_request(session: Session) -> None:
    said = listgate(*ANNOUNCE, "-", "--skip-unknown", stdin=MIXED).stdout.splitlines()

    assert said[0] == "Line 2: Unknown address no.one@example.org."
    assert said[1].startswith("Line 3: This is not an e-mail address: ")
    assert said[2:4] == [MIXED_SUM, "1 person has joined the list announce."]
    assert members(session, "announce") == {"Ada", "Barbara", "Edsger"}


@pytest.mark.usefixtures("people")
def test_a_long_listing_of_unusable_lines_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.cli.imports.MAX_SHOWN", 1)

    said = listgate(*ANNOUNCE, "-", "--skip-unknown", stdin=MIXED).stdout.splitlines()

    assert said[:3] == [
        "Line 2: Unknown address no.one@example.org.",
        "Only the first 1 of 2 such lines are shown.",
        MIXED_SUM,
    ]


@pytest.mark.usefixtures("people")
def test_people_who_are_unknown_are_created_on_request(session: Session) -> None:
    said = listgate(*ANNOUNCE, "-", "--create-users", stdin=b"No One <no.one@example.org>").stdout

    assert said.startswith("1 line: 0 people")
    assert "1 person has joined the list announce, 1 of them new users.\n" in said
    assert members(session, "announce") == {"Barbara", "Edsger", "No"}


@pytest.mark.parametrize(
    ("options", "content"),
    [
        ((), MIXED),
        ((), b"no.one@example.org"),
        ((), b"nonsense"),
        (("--create-users",), MIXED),
        (("--dry-run",), MIXED),
    ],
)
@pytest.mark.usefixtures("people")
def test_a_refused_import_has_written_nothing(
    session: Session, options: tuple[str, ...], content: bytes
) -> None:
    before = written(session)

    with pytest.raises(NotEverybodyKnown, match="Nothing was imported"):
        listgate("import-mailing-list", "new@example.org", "New", "-", *options, stdin=content)

    assert written(session) == before


@pytest.mark.parametrize(
    "options", [("--dry-run", "--skip-unknown"), ("--dry-run", "--skip-unknown", "--create-users")]
)
@pytest.mark.usefixtures("people")
def test_a_dry_run_prints_the_report_and_writes_nothing(
    session: Session, options: tuple[str, ...]
) -> None:
    before = written(session)

    said = listgate(*ANNOUNCE, "-", *options, stdin=MIXED).stdout

    assert MIXED_SUM in said
    assert "have joined" not in said
    assert written(session) == before


@pytest.mark.usefixtures("people")
def test_a_refused_import_prints_every_wrong_line_and_one_sentence_without_addresses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "addresses"
    file.write_bytes(b"ada@example.org\nno.one@example.org\nM\xfcller\n")
    monkeypatch.setattr(logs, "configure", lambda *_: None)  # pytest's own logging stays
    monkeypatch.setattr(sys, "argv", ["listgate", *ANNOUNCE, str(file)])

    with pytest.raises(SystemExit, match="1"):
        main()

    printed = capsys.readouterr()
    assert printed.err == (
        "Nothing was imported; unknown addresses: 1, lines without an address: 1.\n"
    )
    assert "Line 2: Unknown address no.one@example.org.\n" in printed.out
    assert "Line 3: It is not UTF-8 text.\n" in printed.out
