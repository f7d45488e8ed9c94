"""No command to Valkey contains an address, a subject or a text (P11)."""

import base64
import json
import re
from typing import Any

from models import Verdict
from tests.faults.calls import answer, decision
from tests.faults.live import PRIVATE, LiveStack
from tests.faults.overheard import record_commands

BODY = re.compile(r'"body": "([A-Za-z0-9+/=]+)"')


def unnamed_arguments(body: str) -> list[Any]:
    """Return the positional arguments of a task; an event has none."""
    match json.loads(body):
        case [list(arguments), dict(), dict()]:
            return arguments
    return []


def test_valkey_gets_numbers_and_names_of_tasks_only(live: LiveStack) -> None:
    live.mailbox.answer("grace@example.org", "451 4.3.0 Later, grace@example.org")
    live.mailbox.answer("edsger@example.org", "550 5.1.1 No edsger@example.org here")
    with record_commands(live.setup.broker.container.celeryconfig["host_url"]) as commands:
        live.decide(live.ask(), Verdict.REJECTED, comment="not like this")
        live.ask()
        answer(live, "decide", **decision(live, by="linus") | {"request_id": 2})
        live.wait_for_states("dispatch", sent=1)
        live.wait_until_idle()
    bodies = [base64.b64decode(body).decode() for body in BODY.findall("\n".join(commands))]

    assert [word for word in PRIVATE for text in (*commands, *bodies) if word in text] == []
    assert "not like this" not in "".join(commands + bodies)
    arguments = [numbers for body in bodies if (numbers := unnamed_arguments(body))]
    assert len(arguments) >= 6
    assert {type(number) for numbers in arguments for number in numbers} == {int}
