"""`listgate people sync`: what it prints, and whose the people are."""

import pytest
from sqlalchemy.orm import Session

from tests.builders import listgate
from tests.workflows.people.registers import HEADER, a_service, of_service
from workflows.people.register_sync import LOCAL_REGISTER, ManyMissing, UnusableLines
from workflows.services.services import service_named

MEMBERS = [f"{n},member{n}@crm.example,Member {n},en" for n in range(20)]


def sync(*lines: str, options: tuple[str, ...] = ()) -> list[str]:
    """Sync a register from stdin; return what is printed."""
    feed = HEADER + "".join(f"{line}\r\n" for line in lines)
    return listgate("people", "sync", "-", *options, stdin=feed.encode()).stdout.splitlines()


def test_the_command_reports_before_it_changes_people(session: Session) -> None:
    wrong = "x,nowhere,Nobody,en"
    dry = sync(*MEMBERS, options=("--dry-run",))
    with pytest.raises(UnusableLines):
        sync(*MEMBERS, wrong)
    done = sync(*MEMBERS, wrong, options=("--skip-refused",))

    local = service_named(session, LOCAL_REGISTER)
    assert dry == [
        "20 lines: 20 to add, 0 known by their address, 0 with a new address, 0 with a new name "
        "or language, 0 of 0 missing, 0 back, 0 refused.",
    ]
    assert done[0] == "Line 22: This is not an e-mail address: it needs one @ sign."
    assert done[-1] == "Done."
    assert len(of_service(session, local)) == 20


def test_many_missing_people_need_yes(session: Session) -> None:
    crm = a_service(session)
    mine = ("--service", "crm")
    sync(*MEMBERS, options=mine)

    with pytest.raises(ManyMissing):
        sync(*MEMBERS[10:], options=mine)
    sync(*MEMBERS[10:], options=(*mine, "--yes"))

    assert sum(not one.disabled_at for one in of_service(session, crm).values()) == 10
