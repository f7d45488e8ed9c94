"""The runbook's install lines work with an empty Python."""

from tests.deploy.installed.documented import Machine, block

SYSTEMD = "Without Docker: systemd"


def test_the_documented_install_works(machine: Machine, given: dict[str, str]) -> None:
    machine.copy_project()

    machine.run(block(SYSTEMD, "-m venv"))

    machine.environment.update(given, SECRET_KEY="x" * 32, MAILLISTS_ENABLED="false")
    helped = machine.run("/opt/listgate/.venv/bin/listgate --help")
    assert "Mail your lists without accidents." in helped
