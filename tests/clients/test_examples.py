"""The examples do what they say, as programs of services that know nothing else of Listgate."""

import shutil
import sys
from collections.abc import Callable

import pytest

from sandbox.stack import ROOT
from tests.clients.conftest import Outside
from tests.faults.live import LiveStack
from tests.waiting import wait_for

PYTHON = ROOT / "clients/python/examples"

Service = Callable[[str], Outside]


def test_a_service_brings_and_asks_and_hears_of_the_answer_by_webhook_and_stream(
    service: Service, live: LiveStack
) -> None:
    register = service("register")

    with register.running(sys.executable, PYTHON / "hear_by_webhook.py"):
        register.decide(register.run(sys.executable, PYTHON / "bring_and_ask.py"), "approve")
        register.wait_for("message.decided.*approved")
        register.decide(register.run(sys.executable, PYTHON / "ask_by_task.py"), "reject")
        register.wait_for("message.decided.*rejected")

    live.wait_for_states("dispatch", sent=1)
    wait_for("the events", lambda: live.states("event_delivery").keys() == {"sent"})
    assert "message.sent" in register.run(sys.executable, PYTHON / "hear_by_stream.py")
    members = {"ada@club.example", "edsger@club.example"}
    assert all(map(register.installation.mailbox.to, members))
    status = register.run(sys.executable, PYTHON / "read_status.py").splitlines()
    assert [line.split()[2] for line in status] == ["rejected", "sent"]


def test_a_service_does_the_same_by_curl(service: Service, live: LiveStack) -> None:
    shell = service("shell")

    *_, asked, status = shell.run(ROOT / "clients/shell/example.sh").splitlines()
    shell.decide(asked, "approve")

    assert '"in_moderation"' in status
    assert live.sql("select verdict from decision") == [("approved",)]


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not on this machine")
def test_a_service_does_the_same_by_node(service: Service) -> None:
    node = service("node")

    with node.running("node", ROOT / "clients/node/example.mjs") as program:
        node.decide(node.wait_for("request_id"), "reject")
        node.wait_for("message.decided.*rejected")
        wait_for("its end", lambda: program.process.poll() is not None)

    assert program.process.poll() == 0
