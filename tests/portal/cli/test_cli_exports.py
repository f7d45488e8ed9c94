"""`listgate export`."""

from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from models import Actor, Door, Trespass, Unknown
from tests.builders import Cast, a_list, listgate
from tests.workflows.subscriptions.importing import imported
from tests.workflows.sync.pushing import ListServer, asked
from workflows.people.users import disable
from workflows.subscriptions.export import export
from workflows.subscriptions.subscribe import subscribe


def join(session: Session, people: Cast) -> None:
    """Subscribe Ada, with an address that sorts after z, and Grace, who is disabled."""
    people.ada.address = "Ådå@example.org"
    for user in (people.ada, people.grace):
        subscribe(session, user, people.announce, actor=Actor.operator())
    disable(session, people.grace, actor=Actor.operator())
    session.flush()


def test_an_export_is_what_a_push_would_write_and_nothing_else(
    session: Session, people: Cast, tmp_path: Path
) -> None:
    join(session, people)
    server = ListServer(tmp_path)
    server.push(session, asked(session, people.announce))

    exported = listgate("export", "announce")

    pushed = (tmp_path / "announce").read_bytes()
    assert exported.stdout_bytes == pushed
    assert pushed.decode() == "barbara@example.org\nedsger@example.org\nÅdå@example.org\n"


def test_an_export_can_be_imported_again(session: Session, people: Cast) -> None:
    join(session, people)
    talk = a_list(session, "talk")

    content = listgate("export", "announce").stdout_bytes

    assert imported(session, content, talk).joined == 3
    assert listgate("export", "talk").stdout_bytes == content
    assert imported(session, content, people.announce).joined == 0


@pytest.mark.usefixtures("people")
def test_an_export_into_a_file_says_nothing(tmp_path: Path) -> None:
    file = tmp_path / "members"

    said = listgate("export", "announce", "-o", str(file)).stdout

    assert said == ""
    assert file.read_text() == "barbara@example.org\nedsger@example.org\n"


def test_the_export_of_an_empty_list_is_an_empty_file(session: Session, tmp_path: Path) -> None:
    a_list(session, "talk")
    file = tmp_path / "members"
    file.write_text("of another time\n")

    listgate("export", "talk", "--output", str(file))

    assert file.read_bytes() == b""
    assert listgate("export", "talk").stdout_bytes == b""


@pytest.mark.usefixtures("session")
def test_exporting_an_unknown_list_does_not_change_the_file(tmp_path: Path) -> None:
    file = tmp_path / "members"
    file.write_text("of another time\n")

    with pytest.raises(Unknown, match="There is no mailing list 'nowhere'"):
        listgate("export", "nowhere", "-o", str(file))

    assert file.read_text() == "of another time\n"


def test_exporting_needs_the_right_to_edit_lists(session: Session, people: Cast) -> None:
    file = BytesIO()

    with pytest.raises(Trespass, match=r"lacks the right EDIT_LISTS \(402\)"):
        export(session, people.announce, file, actor=Actor(people.edsger, Door.PORTAL))
    export(session, people.announce, file, actor=Actor(people.barbara, Door.PORTAL))

    assert file.getvalue() == b"barbara@example.org\nedsger@example.org\n"
