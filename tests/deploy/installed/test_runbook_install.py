"""The runbook's way without Docker leads from an empty machine to a message that was moderated.

What needs root is replaced: users and systemd by small programs, / by a folder of the test.
"""

import re
import shlex
import shutil
from collections.abc import Mapping
from configparser import ConfigParser
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg2
import pytest

from sandbox.mailbox import Mailbox
from sandbox.postgres import Postgres
from tests.deploy.installed.documented import Machine, block
from tests.deploy.installed.programs import READY, running_programs
from tests.waiting import wait_for

INSTALL, COMMAND_LINE = "Install", "The command line"

# Instead of systemd-run: the options that matter, without another user.
SYSTEMD_RUN = """\
while [ "${1#--}" != "$1" ]; do
  case "$1" in
    --working-directory=*) cd "${1#*=}" ;;
    --property=EnvironmentFile=*) file=${1##*=} ;;
  esac
  shift
done
set -a; . "$file"; set +a
exec "$@"
"""

needs_psql = pytest.mark.skipif(shutil.which("psql") is None, reason="psql is not on this machine")


def stand_in(machine: Machine, name: str, script: str) -> None:
    """Add a program to the machine."""
    folder = machine.root / "stand-ins"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}")
    (folder / name).chmod(0o755)
    machine.environment["PATH"] = f"{folder}:{machine.environment['PATH']}"


@pytest.fixture
def prepared(machine: Machine, postgres: Postgres) -> Machine:
    """The machine with the stand-ins, and the server as Debian leaves it: without a database."""
    for name, script in {
        "runuser": 'shift 3\nexec env PGUSER=postgres PGDATABASE=postgres "$@"\n',
        "systemd-run": SYSTEMD_RUN,
        "useradd": "exit 0\n",
    }.items():
        stand_in(machine, name, script)
    socket = parse_qs(urlsplit(postgres.url).query)["host"][0]
    # What PostgreSQL's clients find by themselves on Debian.
    machine.environment.update(PGHOST=socket, PGPORT="5432", PGUSER="listgate")
    connection = psycopg2.connect(host=socket, user="postgres", dbname="postgres")
    connection.autocommit = True
    connection.cursor().execute("drop database listgate")
    connection.close()
    return machine


def install(machine: Machine, given: Mapping[str, str]) -> None:
    """Follow the section up to the units, and name the test's servers in the settings."""
    machine.pack()
    for words in ("--file=listgate.tar.gz", "-m venv", "createuser", "/etc/listgate/env"):
        machine.run(block(INSTALL, words))
    settings = machine.root / "etc/listgate/env"
    text = settings.read_text()
    for name, value in given.items():
        text = re.sub(rf"^{name}=.*\n", "", text, flags=re.MULTILINE) + f"{name}={value}\n"
    settings.write_text(text)


def environment_of(machine: Machine) -> dict[str, str]:
    """Return what systemd gives a unit: its settings, and hardly anything else."""
    lines = (machine.root / "etc/listgate/env").read_text().splitlines()
    settings = [line.partition("=") for line in lines if line and not line.startswith("#")]
    postgres = {name: it for name, it in machine.environment.items() if name.startswith("PG")}
    return {"PATH": "/usr/bin:/bin", **postgres} | {
        name: "".join(shlex.split(value)) if value.startswith('"') else value
        for name, _, value in settings
    }


def command(machine: Machine, unit: Path) -> list[str]:
    """Return the command line of a unit."""
    parser = ConfigParser(interpolation=None, delimiters=["="], comment_prefixes=["#"])
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(unit)
    return shlex.split(machine.here(parser["Service"]["ExecStart"].replace("%%", "%")))


@needs_psql
def test_the_runbook_leads_to_a_moderated_message(
    prepared: Machine, given: dict[str, str], mailbox: Mailbox
) -> None:
    install(prepared, {name: it for name, it in given.items() if name != "DATABASE_URL"})
    units = prepared.root / "opt/listgate/deploy/systemd"
    started = re.findall(r"\blistgate-(\w+)", block(INSTALL, "systemctl enable"))
    environment = environment_of(prepared)
    assert environment["DATABASE_URL"] == "postgresql:///listgate"
    assert len(environment["SECRET_KEY"]) == 48
    assert {*started} == {"migrate", *READY}

    prepared.run(
        shlex.join(
            [
                "env",
                *(f"{k}={v}" for k, v in environment.items()),
                *command(prepared, units / "listgate-migrate.service"),
            ]
        )
    )
    commands = {name: command(prepared, units / f"listgate-{name}.service") for name in READY}
    with running_programs(commands, environment, prepared.root / "opt/listgate"):
        wait_for_workers(prepared)
        shown = prepared.run(block(COMMAND_LINE, "systemd-run") + block(COMMAND_LINE, "decide 1"))
        arrived = wait_for("the copy", lambda: list_mail(mailbox))

    assert "Grace approved" in shown
    assert "wrong" not in shown.splitlines()[0]
    assert arrived == ["First message"]


def wait_for_workers(machine: Machine) -> None:
    """Return once the doctor finds nothing wrong; a worker answers some moments after its start."""
    ask = block(COMMAND_LINE, "systemd-run") + "listgate doctor"
    machine.run(f"for _ in $(seq 15); do ({ask}) && exit 0; sleep 2; done; exit 1")


def list_mail(mailbox: Mailbox) -> list[str]:
    """Return the subjects of the copies that the list's one member got."""
    mails = [mail.message for mail in mailbox.to("barbara@example.org")]
    return [str(mail["Subject"]) for mail in mails if "news" in str(mail["List-Id"])]
