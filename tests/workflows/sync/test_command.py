"""The operator's command, run for real: what it gets, and what it does not."""

import socket
from pathlib import Path

import pytest

from settings import FOR_COMMANDS, read
from tests.workflows.sync.commands import SSH, TEE, THREE, Machine, pretend_ssh, pretend_tee
from workflows.sync.command import argv_for

SECRETS = {
    "DATABASE_URL": "postgresql://listgate:s3cret@localhost/listgate",
    "SECRET_KEY": "s3cret" * 8,
    "TWILIO_AUTH_TOKEN": "s3cret",
    "REDIS_URL": "redis://:s3cret@localhost",
    "SMTP_URL": "smtp://ada:s3cret@localhost",
    "PYTHONPATH": "/s3cret",
    "LD_PRELOAD": "",
    "AWS_SECRET_ACCESS_KEY": "s3cret",
}


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_first_example_command_writes_a_plain_file(machine: Machine) -> None:
    pretend_tee(machine)

    outcome = machine.push(TEE)

    assert (outcome.failure, outcome.exit_status, outcome.stderr) == (None, 0, "")
    assert machine.calls() == [["/etc/lists/announce"]]
    assert (machine.lists / "announce").read_text().splitlines() == THREE


def test_the_second_example_command_reaches_another_host(machine: Machine) -> None:
    pretend_ssh(machine)
    pretend_tee(machine)

    outcome = machine.push(SSH)

    assert (outcome.failure, outcome.exit_status) == (None, 0)
    assert machine.calls() == [
        ["/etc/lists/announce"],
        ["coin@mail.example.com", "tee /etc/lists/announce"],
    ]
    assert (machine.lists / "announce").read_text().splitlines() == THREE


def test_every_line_is_ended_and_an_empty_list_is_no_line_at_all(machine: Machine) -> None:
    for short_name, addresses in (("full", THREE), ("empty", [])):
        outcome = machine.push(
            f"tee {machine.lists}/{{short_name}}", addresses, short_name=short_name
        )
        assert outcome.failure is None

    assert (machine.lists / "full").read_bytes().endswith(b"grace@example.org\n")
    assert (machine.lists / "empty").read_bytes() == b""


def test_a_value_may_stand_anywhere_in_a_word_and_more_than_once() -> None:
    words = argv_for(
        "push --list={short_name}:{email} 'say \"{email}\"' {short_name}{short_name}",
        short_name="news.de_at-1",
        email="News+x_1.y-z@lists.example.org",
    )

    assert words == [
        "push",
        "--list=news.de_at-1:News+x_1.y-z@lists.example.org",
        'say "News+x_1.y-z@lists.example.org"',
        "news.de_at-1news.de_at-1",
    ]


def test_a_domain_with_other_letters_is_given_as_it_travels() -> None:
    words = argv_for("push {email}", short_name="news", email="news@bücher.example")

    assert words == ["push", "news@xn--bcher-kva.example"]


def test_the_environment_of_a_command_holds_no_secret(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LC_ALL", "C")
    # Python sets it where the environment names no locale (PEP 538).
    monkeypatch.delenv("LC_CTYPE", raising=False)
    machine.environment |= read().command_environment

    outcome = machine.push(f"sh -c 'env >{machine.lists}/env; cat >/dev/null'")

    given = (machine.lists / "env").read_text()
    names = {line.partition("=")[0] for line in given.splitlines()}
    assert outcome.failure is None
    assert "s3cret" not in given
    assert names - FOR_COMMANDS - {"LC_ALL", "PWD", "OLDPWD", "SHLVL", "_"} == set()
    assert {"PATH", "LC_ALL"} <= names


def test_a_command_inherits_no_connection_of_the_workers(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)), (machine.folder / "secret").open("w"):
        outcome = machine.push(
            f"sh -c 'cat >/dev/null; ls -l /proc/self/fd >{machine.lists}/fds; pwd >&2'"
        )

    open_files = (machine.lists / "fds").read_text()
    assert outcome.stderr == "/\n"
    assert "socket:" not in open_files
    assert "secret" not in open_files


def test_the_stdout_of_a_command_is_discarded(
    machine: Machine, capfd: pytest.CaptureFixture[str]
) -> None:
    outcome = machine.push("cat")

    assert outcome.failure is None
    assert (outcome.stderr, capfd.readouterr()) == ("", ("", ""))


def test_the_end_of_stderr_is_stored_even_if_it_is_not_text(machine: Machine) -> None:
    said = r"yes a long story | head -c 9000 >&2; printf \\0\\377END >&2"

    outcome = machine.push(f"sh -c 'cat >/dev/null; {said}'")

    assert outcome.failure is None
    assert outcome.stderr.endswith("\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}END")
    assert len(outcome.stderr.encode()) <= 4_010
