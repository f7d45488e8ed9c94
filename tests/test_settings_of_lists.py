"""The settings of pushes: what is wrong ends every process at its start, and is named."""

import sys
from datetime import timedelta

import pytest

from settings import Settings
from tests.builders import run
from tests.test_settings import bare as bare  # noqa: PLC0414  (a fixture)
from tests.test_settings import given, refused

WRONG = [
    ("tee {file}", "has an unknown placeholder {file}: "),
    ("tee {}", "has an unknown placeholder {}: "),
    ("tee {0}", "has an unknown placeholder {0}: "),
    ("tee ${HOME}/{short_name}", "has an unknown placeholder {HOME}: "),
    ("tee {Email}", "has an unknown placeholder {Email}: "),
    ("tee {email", "has a stray {: "),
    ("tee email}", "has a stray }: "),
    ("tee { email }", "has a stray {: "),
    ("tee {email!r}", "has a stray {: "),
    ("tee {short_name.__class__}", "has a stray {: "),
    ("awk '{ print }'", "has a stray {: "),
    ("tee {{email}}", "has a stray {: "),
    ("tee 'lists", "has an unbalanced quote, or ends with a backslash"),
    ('tee "lists', "has an unbalanced quote, or ends with a backslash"),
    ("tee lists\\", "has an unbalanced quote, or ends with a backslash"),
    ("tee a\ntouch b", "must be one line of text"),
    ("{short_name} x", "must begin with a program, not with a placeholder"),
    ("'/bin/{email}'", "must begin with a program, not with a placeholder"),
    ("bin/push", "must name its program by an absolute path or by its name alone"),
    ("./push", "must name its program by an absolute path or by its name alone"),
    ("''", "must begin with a program"),
]


@pytest.mark.parametrize("command", ["", "   "])
def test_lists_are_not_pushed_without_a_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    said = refused(monkeypatch, capsys, MAILLIST_SYNC_COMMAND=command)

    assert said == [
        "MAILLIST_SYNC_COMMAND: is needed to push lists to the list server; with "
        "MAILLISTS_ENABLED=false they are not pushed"
    ]


def test_no_command_is_needed_where_lists_are_not_pushed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAILLIST_SYNC_COMMAND")

    settings = given(monkeypatch, MAILLISTS_ENABLED="false")

    assert settings.commands == {}


@pytest.mark.parametrize(("command", "says"), WRONG)
def test_a_wrong_command_is_refused_by_the_name_of_its_setting(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str, says: str
) -> None:
    (sentence,) = refused(monkeypatch, capsys, MAILLIST_SYNC_COMMAND=command)

    assert sentence.startswith(f"MAILLIST_SYNC_COMMAND: {says}")


@pytest.mark.parametrize(
    ("commands", "says"),
    [
        ('{"board": "tee {file}"}', "['board']: has an unknown placeholder {file}: "),
        ('{"board": "tee \'a"}', "['board']: has an unbalanced quote"),
        ('{"board": ""}', "['board']: is empty"),
        ('{"board": 7}', "['board']: Input should be a valid string"),
        ('{"Board": "tee a"}', "['Board']: a short name has 1 to 64 of the characters"),
        ('{"a..b": "tee a"}', "['a..b']: a short name has 1 to 64 of the characters"),
        ('{"": "tee a"}', "['']: a short name has 1 to 64 of the characters"),
        ('["tee a"]', ": Input should be a valid dictionary"),
        ("tee a", ": is not a JSON object such as "),
        ("{'board': 'tee a'}", ": is not a JSON object such as "),
    ],
)
def test_a_wrong_command_of_one_list_is_named_with_the_list(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], commands: str, says: str
) -> None:
    (sentence,) = refused(monkeypatch, capsys, MAILLIST_SYNC_COMMANDS=commands)

    assert sentence.startswith(f"MAILLIST_SYNC_COMMANDS{says}")


@pytest.mark.parametrize("commands", ["", "{}"])
def test_no_list_needs_a_command_of_its_own(monkeypatch: pytest.MonkeyPatch, commands: str) -> None:
    settings = given(monkeypatch, MAILLIST_SYNC_COMMANDS=commands)

    assert settings.commands == {"MAILLIST_SYNC_COMMAND": "true"}


def test_every_command_has_the_name_of_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(monkeypatch, MAILLIST_SYNC_COMMANDS='{"board": " tee /etc/{email} "}')

    assert settings.commands == {
        "MAILLIST_SYNC_COMMAND": "true",
        "MAILLIST_SYNC_COMMANDS['board']": "tee /etc/{email}",
    }


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({"SYNC_QUIET": "30s", "SYNC_MAX_WAIT": "29s"}, "SYNC_MAX_WAIT: must not be shorter"),
        ({"SYNC_QUIET": "0s"}, "SYNC_QUIET: "),
        ({"SYNC_QUIET": "61s"}, "SYNC_QUIET: "),
        ({"SYNC_TIMEOUT": "121s"}, "SYNC_TIMEOUT: "),
        ({"SYNC_TIMEOUT": "soon"}, "SYNC_TIMEOUT: "),
        ({"SYNC_MAX_SHRINK": "101"}, "SYNC_MAX_SHRINK: "),
        ({"SYNC_MAX_SHRINK": "-1"}, "SYNC_MAX_SHRINK: "),
        ({"SYNC_ALERT_AFTER": "0"}, "SYNC_ALERT_AFTER: "),
    ],
)
def test_a_wrong_pace_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    environment: dict[str, str],
    says: str,
) -> None:
    (sentence,) = refused(monkeypatch, capsys, **environment)

    assert sentence.startswith(says)


def test_a_push_may_be_due_at_once_when_its_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(monkeypatch, SYNC_QUIET="7s", SYNC_MAX_WAIT="7s")

    assert settings.sync_quiet == settings.sync_max_wait == timedelta(seconds=7)


@pytest.mark.parametrize(
    "program",
    [
        ["-m", "celery", "-A", "workflows.celery", "worker"],
        ["-m", "celery", "-A", "workflows.celery", "beat"],
        ["-c", "import portal.app"],
        ["-c", "from portal.cli import main; main()"],
    ],
    ids=["worker", "beat", "web", "listgate"],
)
def test_every_process_refuses_to_start_with_a_wrong_command(program: list[str]) -> None:
    done = run(sys.executable, *program, environment={"MAILLIST_SYNC_COMMAND": "tee {file}"})

    assert done.returncode == 75
    assert done.stderr.startswith("MAILLIST_SYNC_COMMAND: has an unknown placeholder {file}")


def test_the_environment_of_commands_is_part_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/srv/listgate")
    monkeypatch.setenv("LC_TIME", "C")
    monkeypatch.setenv("SECRET_KEY", "s3cret" * 8)

    given_on = Settings().command_environment

    assert (given_on["HOME"], given_on["LC_TIME"]) == ("/srv/listgate", "C")
    assert "SECRET_KEY" not in given_on
