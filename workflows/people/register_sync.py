"""Bring the people of a service in step with its register, as a whole.

`read_register` finds out what a register changes, locks whom it changes, and changes nothing;
`apply_register`, in the same transaction, makes the changes.  Both leave the work to PostgreSQL, in
a few statements of any size.

A person whom the register lacks is disabled, and enabled when the register has them again; no one
is removed, because that is final.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Act, Actor, ActsFor, Invalid, Refusal, Right, Service, record
from workflows.access import require
from workflows.people.register_changes import Applying, count_changes
from workflows.people.register_lines import RefusedLine, RegisterLines
from workflows.people.register_matching import count_enabled, match, stage
from workflows.sync.push import MIN_REMOVALS_HELD

# Whose the people are that are synchronized at the command line without a service.
LOCAL_REGISTER = "local register"

# Line numbers in a refusal, at most.
SHOWN_LINES = 10

# The key of the lock that one register at a time holds: two would wait for each other's addresses.
LOCK = "people sync"


class UnusableLines(Refusal):
    """Some lines cannot be applied, and the caller has not said that they are to be left out."""


class ManyMissing(Refusal):
    """The register lacks so many people that it may be incomplete."""


class ChangedMeanwhile(Refusal):
    """A person got an address of the register while it was applied."""


@dataclass(frozen=True)
class RegisterReport:
    """What a register changes: people, except `lines` and `refused`."""

    lines: int
    before: int  # enabled people of the service
    added: int
    linked: int
    readdressed: int
    edited: int
    disabled: int
    enabled: int
    refused: list[RefusedLine] = field(default_factory=list)


def local_register(session: Session) -> Service:
    """Return the service of the command line, which has no scope and no key; add it if needed."""
    lock(session)
    service = session.scalar(select(Service).where(Service.name == LOCAL_REGISTER))
    if service is None:
        service = Service(name=LOCAL_REGISTER, scopes=[], acts_for=ActsFor.EVERYONE)
        session.add(service)
        session.flush()
        record(session, Act.ADDED_SERVICE, actor=Actor.operator(), service=service.name, scopes=[])
    return service


def lock(session: Session) -> None:
    """Wait until no other register is read or applied, and keep others out until the commit."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(LOCK, 0))))


def read_register(
    session: Session, service: Service, feed: Iterable[str], *, actor: Actor
) -> RegisterReport:
    """Report what the register changes; people are locked, and nothing is changed.

    Raises Invalid if it cannot be read or names no one, Trespass without the right to edit users.
    """
    require(actor, Right.EDIT_USERS)
    lock(session)
    session.flush()
    lines = RegisterLines()
    repeated = list(stage(session, lines.people(feed)))
    if not lines.lines:
        raise Invalid("The register names no one.")
    unusable = list(match(session, service, actor=actor))
    refused = sorted([*lines.refused, *repeated, *unusable])
    return RegisterReport(
        lines.lines, count_enabled(session, service), **count_changes(session), refused=refused
    )


def require_applicable(
    report: RegisterReport, *, max_shrink: int, skip_refused: bool = False, confirm: bool = False
) -> None:
    """Raise UnusableLines unless refused lines are left out, ManyMissing unless it is confirmed.

    `max_shrink` is the percentage of the service's people that a register may lack.
    """
    if report.refused and not skip_refused:
        shown = ", ".join(str(line) for line, _ in report.refused[:SHOWN_LINES])
        raise UnusableLines(
            "Nothing was changed; lines that cannot be used: %(count)d (lines %(lines)s).",
            count=len(report.refused),
            lines=shown + (", …" if len(report.refused) > SHOWN_LINES else ""),
        )
    allowed = max(MIN_REMOVALS_HELD - 1, report.before * max_shrink // 100)
    if report.disabled > allowed and not confirm:
        raise ManyMissing(
            "Nothing was changed: the register lacks %(missing)d of %(before)d people, who would "
            "be disabled. If that is meant, confirm it.",
            missing=report.disabled,
            before=report.before,
        )


def apply_register(
    session: Session, service: Service, report: RegisterReport, *, actor: Actor
) -> None:
    """Make the changes of the register that was read last in this transaction.

    Raises LastAdministrator; ChangedMeanwhile.
    """
    require(actor, Right.EDIT_USERS)
    applying = Applying(session, service, actor=actor)
    try:
        with session.begin_nested():
            if report.readdressed or report.edited:
                applying.edit()
            if report.disabled:
                applying.disable()
            applying.enable()
            applying.add(report.added)
    except IntegrityError:
        raise ChangedMeanwhile(
            "Nothing was changed: a person got an address of the register meanwhile. Please try "
            "again."
        ) from None
    session.expire_all()
    facts: dict[str, Any] = counts(report) | {"skipped": len(report.refused)}
    record(session, Act.SYNCED_PEOPLE, actor=actor, register=service.name, **facts)


def counts(report: RegisterReport) -> dict[str, int]:
    """Return the numbers of people of whom something changes."""
    return {
        name: getattr(report, name)
        for name in ("added", "linked", "readdressed", "edited", "disabled", "enabled")
    }
