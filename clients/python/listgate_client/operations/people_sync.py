"""Bring a whole register of people, from another service.

Drawn from workflows/public/people_sync.py by `make fix`.
"""

from collections.abc import Sequence
from typing import TypedDict

from listgate_client.operation import Client, Operation


class RefusedLine(TypedDict):
    """A line of the register that cannot be used, and why."""

    line: int
    reason: str


class Synced(TypedDict):
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
    refused_lines: Sequence[RefusedLine]


SYNC_PEOPLE: Operation[Synced] = Operation(
    "listgate.sync_people", "POST", "/people/sync", private=("csv",), text=True
)


class PeopleSync(Client):
    """Bring a whole register of people, from another service."""

    def sync_people(
        self,
        *,
        csv: str,
        dry_run: bool | None = None,
        skip_refused: bool | None = None,
        confirm: bool | None = None,
        by_id: int | str | None = None,
        idempotency_key: str | None = None,
    ) -> Synced:
        """Bring the service's people in step with its register: add, change, disable and enable
        them.

        A person whom the register lacks is disabled, and enabled once it has them again.

        `csv`: The register; its first line names the columns external_id, address, name and, if
            they are known, language
        `dry_run`: Only answer what would be changed
        `skip_refused`: Leave out the lines that cannot be used
        `confirm`: Also disable people if that are more than SYNC_MAX_SHRINK percent
        `by_id`: In whose place the service acts; without it the service acts by itself
        """
        return self.perform(
            SYNC_PEOPLE,
            {"csv": csv},
            dry_run=dry_run,
            skip_refused=skip_refused,
            confirm=confirm,
            by_id=by_id,
            idempotency_key=idempotency_key,
        )
