"""The image's install lines work with an empty Python, and every service starts from it."""

import re

from portal.cli import COMMANDS as GROUPS
from tests.deploy.compose import ROOT, SERVICES
from tests.deploy.installed.documented import Machine
from tests.deploy.installed.programs import running_programs

DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()
LASTING = ("beat", "events", "flower", "lmtp", "sendout", "web", "worker")


def test_the_image_builds_and_its_services_start(machine: Machine, given: dict[str, str]) -> None:
    machine.build(DOCKERFILE)
    binaries = f"{machine.root}/opt/listgate/bin"
    environment = {
        **given,
        "PATH": f"{binaries}:/usr/bin:/bin",
        "SECRET_KEY": "a secret of an image that is tested",
        "MAILLISTS_ENABLED": "false",
        "FLOWER_BASIC_AUTH": "operator:of-a-test",
    }
    machine.environment.clear()
    machine.environment.update(environment)

    machine.run("listgate --help; listgate migrate", folder=machine.root / "app")
    # Each command imports its own module, which may need no package that is not locked.
    modules = ", ".join(sorted({f"portal.cli.{entry.module}" for entry in GROUPS.values()}))
    machine.run(f"python -c 'import {modules}'", folder=machine.root / "app")
    commands = {
        name: [f"{binaries}/{SERVICES[name]['command'][0]}", *SERVICES[name]["command"][1:]]
        for name in LASTING
    }
    # Each container has a host name of its own; here all services run on one host.
    for name in ("sendout", "events"):
        commands[name].append(f"--hostname={name}@%h")

    with running_programs(commands, environment, machine.root / "app"):
        listed = machine.run("listgate doctor || true", folder=machine.root / "app")

    assert re.search(r"^ok +workers: celery@", listed, re.MULTILINE), listed
