"""A service with an empty environment and the client brings 10,000 people, asks, and hears."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copytree, ignore_patterns

from sandbox.stack import ROOT
from tests.clients.conftest import Outside
from tests.deploy.installed.documented import Machine
from tests.waiting import wait_for

PEOPLE = 10_000
EXAMPLES = ROOT / "clients/python/examples"


def installed(register: Outside, folder: Path) -> tuple[Outside, Path]:
    """Install the client into an empty environment; return the service without our folders."""
    copy = folder / "client"
    # A build adds files beside the sources.
    copytree(ROOT / "clients/python", copy, ignore=ignore_patterns("__pycache__", "*.egg-info"))
    machine = Machine(folder)
    machine.run(f"pip install -q '{copy}[celery,http]'")
    assert "listgate " not in machine.run("pip list --format=freeze").replace("=", " ")
    alone = {name: it for name, it in register.environment.items() if name != "PYTHONPATH"}
    return replace(register, environment=alone), folder / "python/bin/python"


def test_a_service_brings_ten_thousand_people_and_hears_that_they_have_its_message(
    service: Callable[[str], Outside], tmp_path: Path
) -> None:
    register, python = installed(service("register"), tmp_path)
    people = [f"{number},person{number}@register.example,P {number}" for number in range(PEOPLE)]
    file = tmp_path / "register.csv"
    file.write_text("\n".join(["external_id,address,name", *people]))

    with register.running(python, EXAMPLES / "hear_by_webhook.py"):
        brought = register.run(python, EXAMPLES / "bring_register.py", file)
        register.decide(brought, "approve")
        register.wait_for("message.decided.*approved")

    def heard() -> str:
        return register.run(python, EXAMPLES / "hear_by_stream.py")

    assert f"'added': {PEOPLE}" in brought
    assert f"'joined': {PEOPLE}" in brought
    wait_for("the sendout", heard, enough=lambda said: "message.sent" in said, within=600)
    assert len(register.installation.mailbox.mails) >= PEOPLE
