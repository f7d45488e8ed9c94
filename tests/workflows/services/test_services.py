"""What administrators decide about services: who may, what is refused, what the log says."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Act, Actor, ActsFor, AuditEntry, Door, Invalid, Scope, Trespass, Unknown
from models.clock import now
from tests.builders import Cast
from tests.workflows.services.callers import OPERATOR, a_key, a_service
from workflows.services import services as verbs

READ, PEOPLE, LISTS = Scope.READ, Scope.PEOPLE, Scope.LISTS


def test_each_act_is_recorded_once_and_names_the_service(session: Session, people: Cast) -> None:
    barbara = Actor(people.barbara, Door.PORTAL)
    crm = verbs.add_service(session, " crm ", [PEOPLE, READ], actor=barbara)
    key = verbs.add_key(session, crm, actor=barbara)
    session.refresh(crm)
    for _ in range(2):
        verbs.set_service(session, crm, scopes=[LISTS], acts_for=ActsFor.OWN, actor=barbara)
    for _ in range(2):
        verbs.disable_service(session, crm, actor=barbara)
    for _ in range(2):
        verbs.enable_service(session, crm, actor=barbara)
    for _ in range(2):
        verbs.revoke_key(session, crm, key.id, actor=barbara)
    session.flush()

    found = select(AuditEntry).where(AuditEntry.detail.has_key("service"))
    entries = session.scalars(found.order_by(AuditEntry.id)).all()
    assert [(one.act, one.actor_id) for one in entries] == [
        (act, people.barbara.id)
        for act in (
            Act.ADDED_SERVICE,
            Act.MADE_SERVICE_KEY,
            Act.EDITED_SERVICE,
            Act.DISABLED_SERVICE,
            Act.ENABLED_SERVICE,
            Act.REVOKED_SERVICE_KEY,
        )
    ]
    added = {"service": "crm", "scopes": ["read", "people"], "acts_for": "everyone"}
    assert entries[0].detail == added
    assert entries[1].detail == {"service": "crm", "key": key.id}
    assert entries[2].detail == {"service": "crm", "scopes": ["lists"], "acts_for": "own"}


def test_only_who_may_edit_users_decides_about_services(session: Session, people: Cast) -> None:
    key, ada = a_key(session), Actor(people.ada, Door.PORTAL)
    crm = key.service
    acts: tuple[Callable[[], object], ...] = (
        lambda: verbs.add_service(session, "register", [READ], actor=ada),
        lambda: verbs.set_service(
            session, crm, scopes=[READ], acts_for=ActsFor.EVERYONE, actor=ada
        ),
        lambda: verbs.disable_service(session, crm, actor=ada),
        lambda: verbs.enable_service(session, crm, actor=ada),
        lambda: verbs.add_key(session, crm, actor=ada),
        lambda: verbs.revoke_key(session, crm, key.id, actor=ada),
    )

    for act in acts:
        with pytest.raises(Trespass, match=r"Ada Lovelace lacks the right EDIT_USERS \(2000\)"):
            act()


def test_what_cannot_be_is_refused(session: Session) -> None:
    crm = a_service(session, "crm", scopes=[READ, PEOPLE])
    refused: dict[str, Callable[[], object]] = {
        "must be one line": lambda: verbs.add_service(session, "a\nb", [READ], actor=OPERATOR),
        "uses the name System": lambda: verbs.add_service(
            session, "System", [READ], actor=OPERATOR
        ),
        "already a service crm": lambda: verbs.add_service(session, "crm ", [READ], actor=OPERATOR),
        "at least one scope": lambda: verbs.add_service(session, "new", [], actor=OPERATOR),
        "lacks the scope lists": lambda: verbs.add_key(
            session, crm, scopes=[READ, LISTS], actor=OPERATOR
        ),
        "needs at least one": lambda: verbs.add_key(session, crm, scopes=[], actor=OPERATOR),
    }

    for why, act in refused.items():
        with pytest.raises(Invalid, match=why):
            act()
    with pytest.raises(Unknown, match="no service register"):
        verbs.service_named(session, "register")
    with pytest.raises(Unknown, match="no service"):
        verbs.service_named(session, "c\0rm2")


def test_a_key_is_revoked_by_its_own_service_only(session: Session) -> None:
    key, other = a_key(session), a_service(session, "register")

    with pytest.raises(Unknown, match=f"The service register has no key {key.id}"):
        verbs.revoke_key(session, other, key.id, actor=OPERATOR)
    assert key.is_valid


def test_a_key_has_fewer_scopes_and_never_more_than_its_service(session: Session) -> None:
    crm = a_service(session, "crm", scopes=[READ, PEOPLE])
    whole = verbs.add_key(session, crm, actor=OPERATOR)
    part = verbs.add_key(session, crm, scopes=[PEOPLE], actor=OPERATOR)
    assert [scope for scope in Scope if whole.may(scope)] == [READ, PEOPLE]
    assert [scope for scope in Scope if part.may(scope)] == [PEOPLE]

    verbs.set_service(session, crm, scopes=[READ, LISTS], acts_for=ActsFor.EVERYONE, actor=OPERATOR)

    assert [scope for scope in Scope if whole.may(scope)] == [READ, LISTS]
    assert [scope for scope in Scope if part.may(scope)] == []


def test_a_key_may_have_an_end(session: Session) -> None:
    key = verbs.add_key(session, a_service(session), lasts=timedelta(days=1), actor=OPERATOR)

    assert key.expires_at is not None
    assert timedelta(hours=23) < key.expires_at - now() <= timedelta(days=1)
    assert key.is_valid
    key.expires_at = now()
    assert not key.is_valid
