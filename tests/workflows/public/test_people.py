"""Another service adds, changes, disables and enables people, and names them by its own keys."""

from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import (
    Act,
    ActsFor,
    AuditEntry,
    ExternalId,
    Invalid,
    Language,
    Preference,
    Trespass,
    Unknown,
    User,
)
from models.clock import now
from tests.builders import Cast
from tests.workflows.public.calling import UNSIGNED, perform
from tests.workflows.services.callers import a_caller, give_external_id

MARGARET: dict[str, Any] = {
    "address": "margaret@example.org",
    "name": "Margaret Hamilton",
    "phone": "+41 44 668 18 00",
    "language": "de",
    "time_zone": "Europe/Zurich",
    "preference": "both",
    "roles": ["author"],
    "external_id": "M-17",
}


def added(session: Session, user_id: int) -> User:
    """Return the person as the database has them."""
    session.expire_all()
    return session.get_one(User, user_id)


def test_a_service_adds_a_person_with_everything_it_knows(session: Session, people: Cast) -> None:
    del people
    register = a_caller(session, "register")

    answer = perform(session, register, "add_person", **MARGARET)

    user = added(session, answer["user_id"])
    assert answer["changed"]
    assert (user.address, user.name, user.phone) == (
        "margaret@example.org",
        "Margaret Hamilton",
        "+41446681800",
    )
    assert (user.language, user.time_zone, user.preference) == (
        Language.GERMAN,
        "Europe/Zurich",
        Preference.BOTH,
    )
    assert [role.name for role in user.roles] == ["author"]
    named = perform(session, register, "person_subscriptions", user_id="external:M-17")
    assert named == {"user_id": user.id, "disabled": False, "lists": [], "asks_to_join": []}


def test_a_person_who_exists_is_the_answer_unless_their_key_differs(
    session: Session, people: Cast
) -> None:
    register, ada = a_caller(session, "register"), people.ada

    found = perform(
        session, register, "add_person", address="ADA@example.org", name="A.", external_id="A-1"
    )
    again = perform(
        session, register, "add_person", address="ada@example.org", name="A.", external_id="A-1"
    )

    assert found == again == {"user_id": ada.id, "changed": False}
    assert added(session, ada.id).name == "Ada Lovelace"
    with pytest.raises(Invalid, match="has given this person another key"):
        perform(session, register, "add_person", address=ada.address, name="A.", external_id="A-2")
    for address in ("new@example.org", people.grace.address):
        with pytest.raises(Invalid, match="has given this key to another person"):
            perform(session, register, "add_person", address=address, name="N.", external_id="A-1")


def test_a_service_with_people_of_its_own_cannot_take_over_another_person(
    session: Session, people: Cast
) -> None:
    register = a_caller(session, "register", acts_for=ActsFor.OWN)
    ada: dict[str, Any] = {"address": people.ada.address, "name": "A.", "external_id": "A-1"}

    with pytest.raises(Invalid, match="already a user with this address"):
        perform(session, register, "add_person", **ada)
    with pytest.raises(Invalid, match="acts only for people with a key of its own"):
        perform(session, register, "add_person", address="new@example.org", name="N.")
    strangers: dict[str, dict[str, Any]] = {
        "update_person": {"user_id": people.ada.id, "external_id": "A-1"},
        "disable_person": {"user_id": people.ada.id},
        "person_subscriptions": {"user_id": people.ada.id},
        "import_subscribers": {"list": "announce", "user_ids": [people.ada.id]},
    }
    for task, given in strangers.items():
        with pytest.raises(Trespass, match="only for people that it has brought"):
            perform(session, register, task, **given)
    without_roles = MARGARET | {"roles": []}
    perform(session, register, "add_person", **without_roles)
    assert perform(session, register, "add_person", **without_roles)["changed"] is False


def test_a_service_with_people_of_its_own_makes_and_changes_no_administrator(
    session: Session, people: Cast
) -> None:
    register = a_caller(session, "register", acts_for=ActsFor.OWN)
    without_roles = MARGARET | {"roles": []}
    with pytest.raises(Trespass, match="gives and takes no roles"):
        perform(session, register, "add_person", **MARGARET)
    margaret = perform(session, register, "add_person", **without_roles)["user_id"]
    give_external_id(session, register, "B-1", user=people.barbara)

    barbara = people.barbara.id
    for by_id in ({}, {"by_id": barbara}):
        for roles in (["administrator"], []):
            with pytest.raises(Trespass, match="gives and takes no roles"):
                perform(session, register, "update_person", user_id=margaret, roles=roles, **by_id)
    for was_disabled in (False, True):
        people.barbara.disabled_at = now() if was_disabled else None
        for task, given in {
            "update_person": {"address": "mine@example.org"},
            "change_address": {"address": "mine@example.org"},
            "disable_person": {},
            "enable_person": {},
            "remove_user": {},
        }.items():
            with pytest.raises(Trespass, match="changes no one who may edit users"):
                perform(session, register, task, user_id=barbara, **given)
    assert perform(session, register, "update_person", user_id=margaret, name="M. H.")["changed"]


def test_a_change_touches_only_what_is_given(session: Session, people: Cast) -> None:
    register = a_caller(session, "register")
    who = perform(session, register, "add_person", **MARGARET)["user_id"]

    def change(**given: Any) -> bool:
        changed: bool = perform(session, register, "update_person", user_id=who, **given)["changed"]
        return changed

    assert not change(**{name: value for name, value in MARGARET.items() if name != "phone"})
    assert not change(phone=None, roles=None, external_id=None)
    assert change(phone="", preference="email", time_zone="", roles=[], external_id="M-18")
    user = added(session, who)
    assert (user.phone, user.time_zone, user.roles) == (None, "", [])
    assert (user.name, user.language) == ("Margaret Hamilton", Language.GERMAN)
    assert change(address="mh@example.org", name="M. Hamilton")
    assert (user.address, user.name) == ("mh@example.org", "M. Hamilton")
    with pytest.raises(Unknown, match="no person or list with this key"):
        perform(session, register, "update_person", user_id="external:M-17", name="N.")
    with pytest.raises(Invalid, match="Another user has this address"):
        change(address=people.ada.address)


def test_a_change_is_compared_with_what_another_call_has_just_committed(
    session: Session, people: Cast
) -> None:
    crm, ada = a_caller(session), people.ada
    session.connection().execute(update(User).values(name="Countess").where(User.id == ada.id))
    assert ada.name == "Ada Lovelace", "as this session read it before"

    changed = perform(session, crm, "update_person", user_id=ada.id, name="Ada Lovelace")

    assert changed["changed"]
    assert added(session, ada.id).name == "Ada Lovelace"
    perform(session, crm, "update_person", user_id=ada.id, external_id="A-1")
    own = session.scalars(select(ExternalId)).one()
    session.connection().execute(update(ExternalId).values(key="A-2"))
    assert own.key == "A-1", "as this session read it before"
    again = perform(session, crm, "update_person", user_id=ada.id, external_id="A-1")
    assert again["changed"]


def test_a_person_whom_another_call_adds_meanwhile_is_the_answer(
    session: Session, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm, grace = a_caller(session), people.grace
    found = iter([None, grace, None, None])
    monkeypatch.setattr("workflows.public.people.find_user", lambda *_: next(found))
    given = {"address": grace.address, "name": "G.", "external_id": "G-1"}

    answer = perform(session, crm, "add_person", **given)

    assert answer == {"user_id": grace.id, "changed": False}
    assert session.scalars(select(ExternalId.user_id)).all() == [grace.id]
    with pytest.raises(Invalid, match="already a user with this address"):
        perform(session, crm, "add_person", **given)


def test_a_person_may_change_themselves_but_not_their_roles(session: Session, people: Cast) -> None:
    register, edsger = a_caller(session, "register"), people.edsger.id
    own: dict[str, Any] = {"user_id": edsger, "by_id": edsger}

    assert perform(session, register, "update_person", name="E. W. Dijkstra", **own)["changed"]
    forbidden: list[dict[str, Any]] = [
        {**own, "roles": ["administrator"]},
        {**own, "external_id": "E-1"},
        {"user_id": people.ada.id, "by_id": edsger, "name": "A."},
    ]
    for given in forbidden:
        with pytest.raises(Trespass, match="EDIT_USERS"):
            perform(session, register, "update_person", **given)


def test_a_service_disables_and_enables(session: Session, people: Cast) -> None:
    register, edsger = a_caller(session, "register"), people.edsger.id

    answers = [
        perform(session, register, task, user_id=edsger)["changed"]
        for task in ("disable_person", "disable_person", "enable_person", "enable_person")
    ]

    assert answers == [True, False, True, False]


def test_a_removed_person_loses_the_keys_of_services(session: Session, people: Cast) -> None:
    register = a_caller(session, "register")
    perform(session, register, "update_person", user_id=people.ada.id, external_id="A-1")

    perform(session, register, "remove_user", user_id="external:A-1")

    assert session.scalars(select(ExternalId)).all() == []
    with pytest.raises(Invalid, match="was removed"):
        perform(session, register, "update_person", user_id=people.ada.id, external_id="A-1")


def test_keys_are_each_service_s_own(session: Session, people: Cast) -> None:
    register, crm = a_caller(session, "register"), a_caller(session, "crm")
    perform(session, register, "update_person", user_id=people.ada.id, external_id="1")
    perform(session, crm, "update_person", user_id=people.grace.id, external_id="1")
    perform(session, crm, "update_list", list="announce", external_id="1")

    joined = [
        perform(session, caller, "import_subscribers", list="announce", user_ids=["external:1"])
        for caller in (register, crm)
    ]

    assert joined == [{"list": "announce", "joined": 1}] * 2
    pushed = perform(session, crm, "list_status", list="external:1")
    assert (pushed["list"], pushed["members"]) == ("announce", 4)
    with pytest.raises(Invalid, match="has given this key to another person"):
        perform(session, register, "update_person", user_id=people.grace.id, external_id="1")
    unsigned: dict[str, Any] = {"user_id": people.ada.id, "by_id": people.barbara.id}
    with pytest.raises(Invalid, match="no service has signed can give no key"):
        perform(session, UNSIGNED, "update_person", external_id="1", **unsigned)


def test_an_import_takes_ids_and_keys_and_says_which_key_is_unknown(
    session: Session, people: Cast
) -> None:
    register = a_caller(session, "register")
    perform(session, register, "update_person", user_id=people.ada.id, external_id="A-1")

    def put(*user_ids: int | str) -> int:
        given: dict[str, Any] = {"list": "announce", "user_ids": list(user_ids)}
        joined: int = perform(session, register, "import_subscribers", **given)["joined"]
        return joined

    assert put("external:A-1", people.grace.id, "external:A-1", people.ada.id) == 2
    with pytest.raises(Unknown, match="at these places: 2, 4") as refusal:
        put("external:A-1", "external:secret", people.grace.id, "external:other")
    assert "secret" not in str(refusal.value)
    with pytest.raises(Unknown, match=r"places: 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, …"):
        put(*(f"external:{number}" for number in range(11)))


def test_the_audit_log_names_the_service(session: Session, people: Cast) -> None:
    del people
    who = perform(session, a_caller(session, "register"), "add_person", **MARGARET)["user_id"]

    entries = session.scalars(select(AuditEntry).where(AuditEntry.about_id == who)).all()

    assert [(entry.act, entry.actor, entry.service) for entry in entries] == [
        (act, "register", "register")
        for act in (Act.ADDED_USER, Act.CHANGED_CONTACT, Act.NAMED_USER)
    ]
    assert "M-17" not in str([entry.detail for entry in entries])
