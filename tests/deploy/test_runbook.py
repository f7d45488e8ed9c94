"""The runbook is correct: its commands exist, and its examples are valid."""

import re
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from typer.testing import CliRunner

import celeryconfig
from portal.api.routes import MAX_MESSAGE, ROUTES
from portal.cli import app
from settings import Settings
from tests.deploy.compose import COMPOSE, ROOT, RUNBOOK, SERVICES, complaints

ENVIRONMENT_FILE = ROOT / "deploy/systemd/env"
NGINX = (ROOT / "deploy/nginx/listgate.conf").read_text()

needs_nginx = pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx on this machine")

# `listgate` and the words after it; not a user, a database or a folder of that name.
COMMANDS = sorted(set(re.findall(r"(?<![\w=-])listgate((?: [a-z]+(?:-[a-z]+)*)+)\b", RUNBOOK)))


# Blocks of commands.
BLOCKS = re.findall(r"^```sh\n(.*?)^```", RUNBOOK, re.MULTILINE | re.DOTALL)


def test_the_runbook_names_the_commands_an_operator_needs() -> None:
    assert {" doctor", " outbox", " timeline"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_in_the_runbook_exists(command: str) -> None:
    asked = CliRunner().invoke(app, [*command.split(), "--help"])

    assert asked.exit_code == 0, asked.output


def test_an_unknown_command_is_detected() -> None:
    assert CliRunner().invoke(app, ["prescribe", "--help"]).exit_code != 0


def test_the_compose_files_in_the_runbook_follow_the_specification() -> None:
    examples = re.findall(r"^```yaml\n(.*?)^```", RUNBOOK, re.MULTILINE | re.DOTALL)

    assert examples
    assert [complaints(yaml.safe_load(example)) for example in examples] == [[]] * len(examples)


def test_workers_that_share_queues_consume_all_of_them() -> None:
    taken = re.findall(r"--queues=(\w+(?:,\w+)*)", RUNBOOK)
    every = {queue.name for queue in celeryconfig.task_queues}

    assert {queue for queues in taken for queue in queues.split(",")} == every


def test_every_setting_of_pushes_is_in_the_runbook() -> None:
    of_pushes = [name for name in Settings.model_fields if name.startswith(("maillist", "sync_"))]

    assert len(of_pushes) == 8
    assert [name for name in of_pushes if f"`{name.upper()}`" not in RUNBOOK] == []


def test_the_runbook_warns_about_changes_on_the_list_server() -> None:
    assert "Managed lists are managed whole" in RUNBOOK


def test_the_start_makes_what_compose_reads(tmp_path: Path) -> None:
    (start,) = (block for block in BLOCKS if "umask" in block)
    commands = start.partition("docker compose up")[0]

    subprocess.run(["sh", "-eu", "-c", commands], cwd=tmp_path, check=True)

    files = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    assert {f"./secrets/{name}" for name in files} == {
        each["file"] for each in COMPOSE["secrets"].values()
    }
    url = urlsplit(files["database_url"])
    assert (url.password, url.hostname) == (files["postgres_password"], "postgres")
    assert url.hostname in SERVICES
    assert len(files["secret_key"].strip()) >= 32
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    assert "FLOWER_BASIC_AUTH=operator:" in (tmp_path / ".env").read_text()


def test_every_command_of_a_restore_stops_the_four_programs_before_it_begins() -> None:
    restores = [block for block in BLOCKS if "dropdb" in block]

    assert len(restores) == 2
    for commands in restores:
        first, *rest = commands.splitlines()
        assert all(name in first for name in ("stop", "worker", "beat", "web", "lmtp"))
        assert rest[-1].startswith(("docker compose up", "systemctl start listgate-worker"))
        order = [next(i for i, line in enumerate(rest) if word in line) for word in RESTORE_STEPS]
        assert order == sorted(order)


# In this order: nothing may run before the sendouts are held.
RESTORE_STEPS = ("dropdb", "createdb", "pg_restore", "migrate", "sendout hold --all")


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL", "FLOWER_BASIC_AUTH"])
def test_the_env_file_of_systemd_has_what_every_unit_needs(name: str) -> None:
    assert name in environment_file()


def test_the_env_file_of_systemd_has_only_settings() -> None:
    names = {field.upper() for field in Settings.model_fields} | {"FLOWER_BASIC_AUTH"}

    assert environment_file().keys() - names == set()
    for line in ENVIRONMENT_FILE.read_text().splitlines():
        assert " " not in line or line.startswith("#") or line.endswith('"')


def environment_file() -> dict[str, str]:
    """Read the file that the runbook copies to /etc/listgate/env."""
    lines = ENVIRONMENT_FILE.read_text().splitlines()
    return {
        name: value
        for name, is_set, value in (line.partition("=") for line in lines)
        if is_set and not name.startswith("#")
    }


@needs_nginx
def test_nginx_accepts_its_example(tmp_path: Path) -> None:
    example = NGINX.replace("/var/log/nginx", str(tmp_path))
    example = re.sub(r"^ *(listen .*|ssl_.*)\n", "", example, flags=re.MULTILINE)
    example = example.replace("server_name", "listen 127.0.0.1:1; server_name")
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = "".join(f"{kind}_temp_path {tmp_path}/{kind};\n" for kind in kinds)
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log {tmp_path}/error; events {{}}\n"
        f"http {{\n{folders}{example}}}\n"
    )

    said = subprocess.run(
        ["nginx", "-t", "-p", tmp_path, "-c", tmp_path / "nginx.conf"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert said.returncode == 0, said.stderr


def test_nginx_accepts_the_largest_bodies_and_logs_no_key() -> None:
    limits = [int(limit) * 1024**2 for limit in re.findall(r"client_max_body_size (\d+)m;", NGINX)]
    bodies = [route.max_body for route in ROUTES.values()]
    # A message is encoded in base64, four bytes for three; a register has a location of its own.
    assert limits[0] > MAX_MESSAGE
    assert max(limits) >= max(bodies)
    (unlogged,) = re.findall(r"^ +~(\S+) 0;", NGINX, re.MULTILINE)

    assert all(re.search(unlogged, path) for path in ("/answer/k3y", "/link/k3y", "/answer/k/html"))
    assert not re.search(unlogged, "/outbox")
    assert all("crit" in line for line in NGINX.splitlines() if "error_log " in line)
    assert "proxy_request_buffering on;" in NGINX
    assert "X-Forwarded-For $remote_addr;" in NGINX
