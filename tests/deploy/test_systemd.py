"""The systemd units are valid, match compose, and let a worker finish its tasks."""

import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest

from tests.deploy.compose import ROOT, SERVICES, longest_task

UNITS = sorted((ROOT / "deploy/systemd").glob("*.service"), key=lambda unit: unit.name)
LASTING = ["listgate-beat", "listgate-events", "listgate-sendout", "listgate-worker"]
INSTALLED = "/opt/listgate/.venv/bin/"

# Keys that differ from unit to unit; the others are restrictions.
OWN = {
    *("Type", "ExecStart", "KillSignal", "KillMode", "TimeoutStopSec", "Restart", "RestartSec"),
    *("RuntimeDirectory", "RuntimeDirectoryMode", "RuntimeDirectoryPreserve"),
}

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine"
)


def service(name: str) -> dict[str, str]:
    """Read the [Service] section of one unit."""
    unit = ConfigParser(interpolation=None, delimiters=["="], comment_prefixes=["#"])
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(ROOT / f"deploy/systemd/{name}.service")
    return dict(unit["Service"])


def complaints(unit: str, name: str, folder: Path) -> str:
    """Return systemd's complaints about a unit as if Listgate were installed."""
    binaries = folder / "bin"
    binaries.mkdir()
    for command in ("celery", "gunicorn", "listgate"):
        (binaries / command).touch(mode=0o755)
    copy = folder / name
    copy.write_text(unit.replace(INSTALLED, f"{binaries}/"))
    asked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", copy], capture_output=True, text=True, check=False
    )
    return asked.stderr


@needs_systemd
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_accepts_a_unit(unit: Path, tmp_path: Path) -> None:
    assert complaints(unit.read_text(), unit.name, tmp_path) == ""


@needs_systemd
@pytest.mark.parametrize("mistake", ["KillMood=mixed", "KillMode=missed"])
def test_systemd_detects_a_mistake(mistake: str, tmp_path: Path) -> None:
    unit = ROOT / "deploy/systemd/listgate-worker.service"
    wrong = unit.read_text().replace("KillMode=mixed", mistake)

    assert complaints(wrong, unit.name, tmp_path) != ""


@pytest.mark.parametrize("name", LASTING)
def test_a_unit_lets_celery_finish_its_longest_task(name: str) -> None:
    unit = service(name)

    assert (unit["KillMode"], unit["KillSignal"]) == ("mixed", "SIGTERM")
    assert int(unit["TimeoutStopSec"]) > longest_task(name.removeprefix("listgate-"))
    assert unit["Restart"] == "on-failure"


@pytest.mark.parametrize("name", ["beat", "events", "migrate", "sendout", "worker"])
def test_a_unit_runs_what_compose_runs(name: str) -> None:
    command = service(f"listgate-{name}")["ExecStart"].removeprefix(INSTALLED)

    # Only on one host does a second worker need a name of its own.
    words = [word for word in command.split() if not word.startswith("--hostname=")]
    assert words == SERVICES[name]["command"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_every_unit_has_the_same_restrictions(unit: Path) -> None:
    restrictions = {key: value for key, value in service(unit.stem).items() if key not in OWN}
    workers = {key: value for key, value in service("listgate-worker").items() if key not in OWN}

    assert restrictions == workers
    assert restrictions["User"] == "listgate"
    assert restrictions["EnvironmentFile"] == "/etc/listgate/env"
    assert restrictions["CapabilityBoundingSet"] == ""
    assert restrictions["ProtectSystem"] == "strict"
    assert {restrictions[key] for key in ("NoNewPrivileges", "PrivateTmp", "ProtectHome")} == {
        "yes"
    }
