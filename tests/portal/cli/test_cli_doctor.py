"""`listgate doctor`: all findings at once, and the exit code that a script looks at."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from pytest_celery import CeleryBrokerCluster
from typer.testing import Result

from portal.cli import doctor
from portal.cli.doctor import Finding
from sandbox.mailbox import Mailbox
from settings import settings
from tests.builders import listgate
from tests.faults.shared import kill_shared_worker, shared_servers
from tests.fork_server import ForkServer
from tests.nodes import CeleryProcess, celery_broker_cluster
from tests.waiting import wait_for
from workflows.celery import app

__all__ = ["celery_broker_cluster"]

APP = "--app=workflows.celery"

SUBJECTS = [
    "settings",
    "web pages",
    "database",
    "schema",
    "sendouts",
    "clock",
    "broker",
    "broker memory",
    "workers",
    "mail relay",
    "sendout notes",
    "signatures",
    "list server",
    "services",
]


@pytest.fixture
def all_set(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An operator who has decided all there is to decide, and a relay."""
    with Mailbox() as mailbox:
        decided = {
            "mail_from": "Lists <lists@example.net>",
            "smtp_url": SecretStr(mailbox.url),
        }
        monkeypatch.setattr(doctor, "settings", settings.model_copy(update=decided))
        yield


@pytest.fixture
def fork_server(
    celery_broker_cluster: CeleryBrokerCluster, pytestconfig: pytest.Config, template: str
) -> ForkServer:
    """The one of this run, without the worker that it forks for others."""
    broker = celery_broker_cluster[0].container
    shared = shared_servers(pytestconfig, broker.celeryconfig["host_url"], template)
    kill_shared_worker(pytestconfig)
    return shared.fork_server


def wait_for_workers(*names: str) -> None:
    """Wait until all of these workers answer; one that is still starting receives no ping."""

    def answering() -> set[str]:
        answers = app.control.ping(timeout=0.5, limit=len(names)) or []
        return {name.partition("@")[0] for each in answers for name in each}

    wait_for(f"answers of {names}", answering, enough=lambda found: found >= {*names})


def doctor_after_all_answered() -> Result:
    """Return the doctor's output once all workers answered within his second."""
    return wait_for("a doctor", lambda: listgate("doctor"), enough=lambda said: not said.exit_code)


def always(finding: Finding) -> Callable[[], Finding]:
    """A check that finds this."""
    return lambda: finding


def signs(said: str) -> dict[str, str]:
    """Which subject has which sign."""
    rows = [row.split(maxsplit=1) for row in said.splitlines() if not row.startswith(" ")]
    return {rest.partition(":")[0]: sign for sign, rest in rows}


@pytest.mark.usefixtures("all_set")
def test_a_worker_and_a_beat_are_ok_but_a_beat_alone_is_wrong(fork_server: ForkServer) -> None:
    solo = (APP, "worker", "--pool=solo", "--hostname=one@here", "--without-mingle")

    # Both are killed: a shutdown takes them a second.
    with CeleryProcess(fork_server, APP, "beat", ready="beat: Starting") as beat:
        with CeleryProcess(fork_server, *solo, ready=" ready.") as worker:
            wait_for_workers("one", "celerybeat")
            both = doctor_after_all_answered()
            worker.kill()
        alone = listgate("doctor")
        beat.kill()

    assert (both.exit_code, signs(both.stdout)) == (0, dict.fromkeys(SUBJECTS, "ok"))
    assert "workers: one@here\n" in both.stdout
    assert (alone.exit_code, signs(alone.stdout)["workers"]) == (1, "wrong")
    assert "workers: none answers\n" in alone.stdout


@pytest.mark.usefixtures("all_set")
def test_whatever_is_wrong_comes_with_its_cure_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor, "workers", always(Finding("workers", False, "down", "fix it")))

    done = listgate("doctor")

    assert done.exit_code == 1
    assert " wrong workers: down fix it ok mail relay:" in " ".join(done.stdout.split())
    assert done.stdout.count("wrong") == 1


@pytest.mark.usefixtures("all_set")
def test_a_finding_that_is_ok_shows_no_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "workers", always(Finding("workers", True, "one@here", "fix it")))

    done = listgate("doctor")

    assert (done.exit_code, signs(done.stdout)) == (0, dict.fromkeys(SUBJECTS, "ok"))
    assert "fix it" not in done.stdout


@pytest.mark.parametrize("name", ["[/]", "[red]Lists[/red]", ":bell:"])
def test_a_finding_is_shown_as_it_is(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    finding = Finding("settings", False, f"letters are from {name}", f"fix {name}")
    monkeypatch.setattr(doctor, "findings", lambda: iter([finding]))
    monkeypatch.setattr("portal.cli.operations.findings", lambda: iter([finding]))

    said = listgate("doctor").stdout

    assert f"letters are from {name}\n" in said
    assert f"fix {name}\n" in said


def test_the_folder_of_the_notes_must_be_usable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def found(folder: Path | None) -> Finding:
        decided = settings.model_copy(update={"sendout_notes_dir": folder})
        monkeypatch.setattr(doctor, "settings", decided)
        return doctor.notes()

    assert found(None).ok
    assert found(tmp_path).ok
    assert [*tmp_path.iterdir()] == []
    missing = found(tmp_path / "missing")
    assert not missing.ok
    assert "No such file or directory" in missing.text
