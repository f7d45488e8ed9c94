"""Settings: read once, checked at the start, secrets not shown."""

import sys
import traceback
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError

from settings import Settings, read
from settings.secrets import SECRETS
from tests.fork_server import run_forked

SECRET = "s3cret"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment with only the settings that have no default."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("MAILLIST_SYNC_COMMAND", "true")


def given(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    """Return the settings of a process in this environment."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return read()


def refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **environment: str
) -> list[str]:
    """Return the error message for this environment; the exit code must be right."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as end:
        read()
    output = capsys.readouterr()
    assert (end.value.code, output.out) == (75, "")
    return output.err.splitlines()


def test_without_an_environment_everything_has_its_default() -> None:
    settings = read()

    assert settings.database_url.get_secret_value() == "postgresql+psycopg2:///listgate"
    assert settings.smtp_timeout == 10
    assert settings.envelope_sender == "listgate@example.org"


def test_settings_do_not_change() -> None:
    settings = read()

    with pytest.raises(ValidationError, match="frozen"):
        settings.log_level = "DEBUG"  # type: ignore[misc]


def test_every_setting_has_a_description() -> None:
    silent = [name for name, field in Settings.model_fields.items() if not field.description]

    assert silent == []


@pytest.mark.parametrize(
    "rest",
    [
        "/listgate",
        "localhost/listgate",
        "ada:p%40ss%2Fw%3Ard@db.example.org:5433/listgate",
        "ada:s3cret@[::1]:5432/listgate?sslmode=require&connect_timeout=3",
        "/listgate?host=/var/run/postgresql",
    ],
)
@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_a_database_url_names_the_driver_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch, scheme: str, rest: str
) -> None:
    settings = given(monkeypatch, DATABASE_URL=f"{scheme}://{rest}")

    url = make_url(settings.database_url.get_secret_value())
    assert url == make_url(f"postgresql+psycopg2://{rest}")
    assert create_engine(url).dialect.driver == "psycopg2"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DATABASE_URL", f"mysql://ada:{SECRET}@localhost/listgate"),
        ("DATABASE_URL", f"postgresql+psycopg://ada:{SECRET}@localhost/listgate"),
        ("DATABASE_URL", f"sqlite:///{SECRET}"),
        ("DATABASE_URL", SECRET),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", f"postgresql://ada@localhost:{SECRET}/listgate"),
        ("REDIS_URL", f"nonsense:{SECRET}"),
        ("REDIS_URL", f"redis://:{SECRET}/@localhost:6379/0"),
        ("SMTP_URL", f"nonsense:{SECRET}"),
        ("SMTP_URL", f"smtp://ada:{SECRET}/@localhost:25"),
        ("SMTP_URL", f"smtp://{SECRET}@localhost:25"),
        ("SMTP_URL", f"smtp://ada:{SECRET}%C3%A9@localhost:25"),
        ("SMTP_URL", f"smtp://localhost:25/{SECRET}"),
        ("SMTP_TIMEOUT", "0"),
        ("SMTP_TIMEOUT", "31"),
        ("SMTP_TIMEOUT", "soon"),
        ("SMTP_VERIFY", "perhaps"),
        ("MAIL_FROM", "nobody"),
        ("MAIL_FROM", ""),
        ("MAIL_FROM", "Lists <lists@example.org>\nBcc: eve@example.com"),
        ("MAIL_FROM", "Lists\nBcc: eve@example.com <lists@example.org>"),
        ("MAIL_FROM", "a@example.org, b@example.org"),
        ("BOUNCE_ADDRESS", "nobody"),
        ("MESSAGE_MAX_BYTES", "0"),
        ("MESSAGE_MAX_BYTES", "1 MB"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_wrong_value_ends_the_process_with_a_sentence_that_does_not_show_it(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    value: str,
) -> None:
    (sentence,) = refused(monkeypatch, capsys, **{variable: value})

    assert sentence.startswith(f"{variable}: ")
    assert len(sentence) > len(f"{variable}: ")
    assert SECRET not in sentence


def test_every_wrong_value_gets_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    output = refused(monkeypatch, capsys, LOG_LEVEL="LOUD", SMTP_TIMEOUT="soon", MAIL_FROM="nobody")

    assert [line.partition(":")[0] for line in output] == ["SMTP_TIMEOUT", "MAIL_FROM", "LOG_LEVEL"]


def test_a_secret_is_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(
        monkeypatch,
        DATABASE_URL=f"postgresql://ada:{SECRET}@localhost/listgate",
        REDIS_URL=f"redis://:{SECRET}@localhost:6379/0",
        SMTP_URL=f"smtp://ada:{SECRET}@localhost:25",
    )

    shown = f"{settings} {settings!r} {settings.model_dump()} {settings.model_dump_json()}"

    assert SECRET not in shown
    assert SECRET in settings.smtp_url.get_secret_value()


@pytest.mark.parametrize("name", ["database_url", "redis_url", "smtp_url"])
def test_a_setting_that_may_hold_a_password_is_a_secret(name: str) -> None:
    assert isinstance(getattr(read(), name), SecretStr)


def test_the_traceback_of_an_unavailable_database_shows_no_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = given(monkeypatch, DATABASE_URL=f"postgres://ada:{SECRET}@127.0.0.1:1/x").database_url
    engine = create_engine(url.get_secret_value())

    with pytest.raises(OperationalError) as failure:
        engine.connect()

    trace = "".join(traceback.format_exception(failure.value))
    assert "127.0.0.1" in trace
    assert SECRET not in trace + repr(engine) + repr(engine.url)


@pytest.mark.parametrize(
    ("mail_from", "bounce_address", "sender"),
    [
        ("Lists <lists@example.org>", "", "lists@example.org"),
        ("lists@example.org", "bounces@example.org", "bounces@example.org"),
        ("lists@example.org", "Bounces <bounces@example.org>", "bounces@example.org"),
        ('"Lists, all" <lists@bücher.example>', "", "lists@bücher.example"),
    ],
)
def test_bounces_return_to_a_bare_address(
    monkeypatch: pytest.MonkeyPatch, mail_from: str, bounce_address: str, sender: str
) -> None:
    bounces = {"BOUNCE_ADDRESS": bounce_address} if bounce_address else {}

    settings = given(monkeypatch, MAIL_FROM=mail_from, **bounces)

    assert settings.envelope_sender == sender


def test_a_bounce_address_leaves_room_for_a_token(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    longest = "é" * 18 + "x"  # 37 bytes

    assert given(monkeypatch, BOUNCE_ADDRESS=f"{longest}@example.org").bounce_tokens
    (sentence,) = refused(monkeypatch, capsys, BOUNCE_ADDRESS=f"x{longest}@example.org")
    assert sentence.startswith("BOUNCE_ADDRESS: may have at most 37 bytes before the @ sign")
    assert not given(monkeypatch, BOUNCE_TOKENS="false").bounce_tokens


def test_unknown_variables_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(monkeypatch, POSTGRES_PASSWORD=SECRET, LOG_LEVELS="LOUD")

    assert settings.log_level == "INFO"


@pytest.mark.parametrize("level", ["debug", "Warning", "ERROR"])
def test_the_log_level_is_case_insensitive(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    assert given(monkeypatch, LOG_LEVEL=level).log_level == level.upper()


def test_the_environment_overrides_a_dotenv_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(
        "MESSAGE_MAX_BYTES=111\nMAIL_FROM=Lists <file@example.org>\nPOSTGRES_PASSWORD=x\n"
    )

    monkeypatch.delenv("LISTGATE_ENV_FILE")

    settings = given(monkeypatch, MESSAGE_MAX_BYTES="222")

    assert (settings.message_max_bytes, settings.mail_from) == (222, "Lists <file@example.org>")


def test_the_dotenv_file_can_be_renamed_or_disabled(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("MESSAGE_MAX_BYTES=111\n")
    (tmp_path / "other").write_text("MESSAGE_MAX_BYTES=333\n")

    assert given(monkeypatch, LISTGATE_ENV_FILE="other").message_max_bytes == 333
    assert given(monkeypatch, LISTGATE_ENV_FILE="").message_max_bytes == 25_000_000


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
    output = refused(monkeypatch, capsys, MAILLIST_SYNC_COMMAND=command)

    assert output == [
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
def test_a_wrong_debounce_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    environment: dict[str, str],
    says: str,
) -> None:
    (sentence,) = refused(monkeypatch, capsys, **environment)

    assert sentence.startswith(says)


def test_sync_max_wait_may_equal_sync_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(monkeypatch, SYNC_QUIET="7s", SYNC_MAX_WAIT="7s")

    assert settings.sync_quiet == settings.sync_max_wait == timedelta(seconds=7)


@pytest.mark.parametrize(
    "program",
    [
        ["-m", "celery", "-A", "workflows.celery", "worker"],
        ["-c", "import portal.app"],
    ],
    ids=["worker", "web"],
)
def test_a_process_refuses_to_start_with_a_wrong_command(program: list[str]) -> None:
    done = run_forked(sys.executable, *program, MAILLIST_SYNC_COMMAND="tee {file}")

    assert done.returncode == 75
    assert done.stderr.startswith("MAILLIST_SYNC_COMMAND: has an unknown placeholder {file}")


def test_commands_inherit_a_part_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/srv/listgate")
    monkeypatch.setenv("LC_TIME", "C")
    monkeypatch.setenv("SECRET_KEY", "s3cret" * 8)

    given_on = read().command_environment

    assert (given_on["HOME"], given_on["LC_TIME"]) == ("/srv/listgate", "C")
    assert "SECRET_KEY" not in given_on


@pytest.mark.parametrize("name", [name.upper() for name in SECRETS])
def test_a_secret_can_be_in_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    values = {"DATABASE_URL": "postgresql:///a", "REDIS_URL": "redis://a", "SMTP_URL": "smtp://a"}
    secret = values.get(name, SECRET)
    (tmp_path / "secret").write_text(f"{secret}\n")
    monkeypatch.setenv(f"{name}_FILE", f"{tmp_path}/secret")
    if name == "DKIM_KEY":
        monkeypatch.setenv("DKIM_SELECTOR", "s1")
        monkeypatch.setenv("DKIM_DOMAIN", "example.org")

    value = getattr(read(), name.lower())

    assert value.get_secret_value().endswith(secret.partition(":")[2] or secret)
    assert secret not in f"{value}"


def test_a_key_needs_its_selector_and_its_domain(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(monkeypatch, capsys, DKIM_SELECTOR="s1", DKIM_DOMAIN="example.org")

    assert said == ["DKIM_KEY, DKIM_SELECTOR, DKIM_DOMAIN: give all three, or none"]


def test_every_secret_can_be_in_a_file() -> None:
    secret = {name for name, each in read() if isinstance(each, SecretStr)}

    assert secret == {*SECRETS}


def test_a_file_that_cannot_be_read_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = refused(monkeypatch, capsys, SECRET_KEY_FILE="/nowhere/key")

    assert said == ["SECRET_KEY_FILE: /nowhere/key: No such file or directory"]


def test_a_file_that_is_no_text_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "key").write_bytes(b"\xff" + SECRET.encode())

    said = refused(monkeypatch, capsys, SECRET_KEY_FILE=f"{tmp_path}/key")

    assert said == [f"SECRET_KEY_FILE: {tmp_path}/key: is not text"]


def test_a_secret_that_is_given_twice_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "key").write_text(SECRET)
    both = {"SECRET_KEY": "another one", "SECRET_KEY_FILE": f"{tmp_path}/key"}

    said = refused(monkeypatch, capsys, **both)

    assert said == ["SECRET_KEY: is given twice, also as SECRET_KEY_FILE"]


def test_a_wrong_value_in_a_file_is_named_like_any_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "url").write_text(f"mysql://ada:{SECRET}@localhost/listgate")

    said = refused(monkeypatch, capsys, DATABASE_URL_FILE=f"{tmp_path}/url")

    assert said == ["DATABASE_URL: must begin with postgresql://"]
