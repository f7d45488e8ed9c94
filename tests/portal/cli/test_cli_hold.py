"""`listgate sendout hold`, and where a hold is shown."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from models import Language, User
from portal.cli.doctor import sendouts
from tests.builders import Cast, listgate
from tests.portal.visitors import Visitor
from workflows.sendout.hold import held_since


@pytest.mark.usefixtures("session")
def test_a_hold_is_said_and_released() -> None:
    assert listgate("sendout", "hold", "--release").stdout == "No sendout was held.\n"

    for _ in range(2):
        said = listgate("sendout", "hold", "--all").stdout
        assert said.startswith("All sendouts have been held since 20")

    assert listgate("sendout", "hold", "--release").stdout == "All sendouts continue.\n"


@pytest.mark.parametrize("options", [(), ("--all", "--release")])
def test_a_hold_needs_one_of_two_options(session: Session, options: tuple[str, ...]) -> None:
    said = listgate("sendout", "hold", *options)

    assert said.exit_code == 2
    assert "give either --all or --release" in said.stderr
    assert held_since(session) is None


def test_the_start_page_shows_a_hold(people: Cast, as_person: Callable[[User], Visitor]) -> None:
    people.edsger.language = Language.FRENCH
    browser = as_person(people.edsger)
    browser.get("/")
    assert "Tous les envois sont suspendus depuis" not in browser.page

    listgate("sendout", "hold", "--all")
    browser.get("/")

    assert "Tous les envois sont suspendus depuis" in browser.page


@pytest.mark.usefixtures("own_database")
def test_the_doctor_reports_a_hold(monkeypatch: pytest.MonkeyPatch, own_database: object) -> None:
    monkeypatch.setattr("portal.cli.doctor.engine", own_database)
    assert sendouts().ok

    listgate("sendout", "hold", "--all")

    assert not sendouts().ok
    assert "sendout hold --release" in sendouts().fix
