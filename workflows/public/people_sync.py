"""Bring a whole register of people, from another service."""

from collections.abc import Iterator
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field
from sqlalchemy.orm import Session

from models import Invalid, Scope
from settings import settings
from workflows.people import register_sync
from workflows.public.call import ACTS, Answer, Call, Person, Text, private
from workflows.public.caller import Caller
from workflows.public.declare import public

# Refused lines in an answer, at most.
SHOWN_LINES = 200


class SyncPeople(Call):
    """Bring the service's people in step with its register: add, change, disable and enable them.

    A person whom the register lacks is disabled, and enabled once it has them again.
    """

    text_of_parcel = "csv"

    csv: Annotated[Text, Field(min_length=1)] = private(
        description="The register; its first line names the columns external_id, address, name "
        "and, if they are known, language"
    )
    parcel: UUID | None = Field(
        None, description="The id under which the register is stored (claim check)"
    )
    dry_run: bool = Field(False, description="Only answer what would be changed")
    skip_refused: bool = Field(False, description="Leave out the lines that cannot be used")
    confirm: bool = Field(
        False, description="Also disable people if that are more than SYNC_MAX_SHRINK percent"
    )
    by_id: Person | None = ACTS

    @classmethod
    def read(cls, given: dict[str, Any]) -> Self:
        """Validate as every call does, but without two more copies of a long register."""
        long = given.get("csv")
        if not isinstance(long, str) or not long or "\0" in long:
            return super().read(given)
        return super().read({**given, "csv": "-"}).model_copy(update={"csv": long})


class RefusedLine(Answer):
    """A line of the register that cannot be used, and why."""

    line: int
    reason: str


class Synced(Answer):
    """What the register has changed, or would change: people, except the lines."""

    dry_run: bool
    lines: int
    added: int
    linked: int
    readdressed: int
    edited: int
    disabled: int
    enabled: int
    refused: int
    refused_lines: list[RefusedLine]


@public("listgate.sync_people", Scope.PEOPLE)
def sync_people(session: Session, caller: Caller, call: SyncPeople) -> Synced:
    """Bring the people of the service in step with its register."""
    actor = caller.actor(session, call.by_id)
    if caller.service is None:
        raise Invalid("A register is that of a service: sign the call.")
    lines = lines_of(call.csv)
    report = register_sync.read_register(session, caller.service, lines, actor=actor)
    if not call.dry_run:
        register_sync.require_applicable(
            report,
            max_shrink=settings.sync_max_shrink,
            skip_refused=call.skip_refused,
            confirm=call.confirm,
        )
        register_sync.apply_register(session, caller.service, report, actor=actor)
    return Synced(
        dry_run=call.dry_run,
        lines=report.lines,
        **register_sync.counts(report),
        refused=len(report.refused),
        refused_lines=[
            RefusedLine(line=line, reason=reason) for line, reason in report.refused[:SHOWN_LINES]
        ],
    )


def lines_of(text: str) -> Iterator[str]:
    """Yield the lines with their ends; `splitlines` would copy the whole text."""
    begin = 0
    while end := text.find("\n", begin) + 1:
        yield text[begin:end]
        begin = end
    yield text[begin:]
