"""What docs/events.md shows of each kind of event."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from models import Event, EventKind
from workflows.events.payload import Names, payload

ON: Final = {"list_id": 3}
OF: Final = {"message_id": 42, **ON}

# When it is written, and the data of an example.
EXAMPLES: Final[dict[EventKind, tuple[str, dict[str, Any]]]] = {
    EventKind.MESSAGE_ASKED: (
        "An author asked for approval.",
        {**OF, "state": "in_moderation", "request_id": 12},
    ),
    EventKind.MESSAGE_DECIDED: (
        "An approver answered: `approved`, `rejected` or `sent_back`.",
        {**OF, "verdict": "approved", "state": "scheduled", "request_id": 12},
    ),
    EventKind.MESSAGE_WITHDRAWN: (
        "The author took the request back.",
        {**OF, "state": "draft", "request_id": 12},
    ),
    EventKind.MESSAGE_EXPIRED: (
        "No one answered the request in time.",
        {**OF, "state": "draft", "request_id": 12},
    ),
    EventKind.MESSAGE_RECALLED: (
        "A scheduled message was recalled; it is a draft again.",
        {**OF, "state": "draft"},
    ),
    EventKind.MESSAGE_SENT: (
        "A sendout has ended, with this number of copies in each state.",
        {**OF, "state": "sent", "sent": 118, "failed": 1, "uncertain": 1},
    ),
    EventKind.MESSAGE_FAILED: (
        "A sendout was stopped (`stopped`), or not begun because the content is not the approved "
        "one (`draft`).",
        {**OF, "state": "stopped"},
    ),
    EventKind.SUBSCRIPTION_CHANGED: (
        "Subscriptions to a list changed: `joined`, `left`, `suspended`, `resumed`; or the people "
        "did: `readdressed`, `disabled`, `enabled`. One event names at most 500 people.",
        {**ON, "change": "joined", "user_ids": [7, 8]},
    ),
    EventKind.PUSH_HELD: (
        "A push waits until a person confirms it: it removes too many addresses.",
        {**ON, "removals": 400, "before": 1000, "after": 600},
    ),
    EventKind.PUSH_FAILED: (
        "A push failed, for the number of times in a row that `failures` says; it is repeated.",
        {**ON, "failure": "exit_status", "failures": 1},
    ),
    EventKind.PUSH_DONE: (
        "The list server has the list, with this number of addresses.",
        {**ON, "addresses": 1000},
    ),
    EventKind.PERSON_BOUNCED: (
        "A person's copy came back, with this status (RFC 3463); it is `hard` if the address is at "
        "fault.",
        {**OF, "user_id": 7, "hard": True, "status": "5.1.1"},
    ),
    EventKind.WEBHOOK_TEST: ("`listgate webhook test` was run.", {"list_id": None}),
}
NAMES: Final = Names("announce", "L-1", {7: "M-1007"})
AT: Final = datetime(2027, 1, 31, 9, 0, tzinfo=UTC)


def described(kind: EventKind) -> Iterator[str]:
    """Describe one kind, with an example of its body."""
    meaning, data = EXAMPLES[kind]
    body = payload(Event(kind=kind, data=data, at=AT), NAMES) or b""
    yield from ("", f"## `{kind}`", "", meaning, "", "```json")
    yield from (json.dumps(json.loads(body), indent=2), "```")
