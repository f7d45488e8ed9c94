"""What the environment decides: read once, checked at the start, secret where it must be."""

import sys
import traceback
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError

from settings import Settings, read
from tests.builders import run

SECRET = "s3cret"
PRINT = "from settings import settings; print(settings.message_max_bytes, settings.mail_from)"


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that decides nothing but what has no default."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("MAILLIST_SYNC_COMMAND", "true")


def given(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    """The settings of a process in this environment."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Settings()


def refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **environment: str
) -> list[str]:
    """What is said about this environment, while the process ends with 2."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as end:
        read()
    said = capsys.readouterr()
    assert (end.value.code, said.out) == (75, "")
    return said.err.splitlines()


def printed(folder: Path, **environment: str) -> str:
    """What a process in this folder takes for its settings."""
    done = run(sys.executable, "-c", PRINT, cwd=folder, environment=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_without_an_environment_everything_has_its_default() -> None:
    settings = Settings()

    assert settings.database_url.get_secret_value() == "postgresql+psycopg2:///listgate"
    assert settings.smtp_timeout == 10
    assert settings.envelope_sender == "listgate@example.org"


def test_settings_do_not_change() -> None:
    settings = Settings()

    with pytest.raises(ValidationError, match="frozen"):
        settings.log_level = "DEBUG"  # type: ignore[misc]


def test_every_setting_is_explained() -> None:
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
    said = refused(monkeypatch, capsys, LOG_LEVEL="LOUD", SMTP_TIMEOUT="soon", MAIL_FROM="nobody")

    assert [line.partition(":")[0] for line in said] == ["SMTP_TIMEOUT", "MAIL_FROM", "LOG_LEVEL"]


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
def test_whatever_may_hold_a_password_is_a_secret(name: str) -> None:
    assert isinstance(getattr(Settings(), name), SecretStr)


def test_the_traceback_of_a_database_that_is_away_shows_no_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = given(monkeypatch, DATABASE_URL=f"postgres://ada:{SECRET}@127.0.0.1:1/x").database_url
    engine = create_engine(url.get_secret_value())

    with pytest.raises(OperationalError) as failure:
        engine.connect()

    told = "".join(traceback.format_exception(failure.value))
    assert "127.0.0.1" in told
    assert SECRET not in told + repr(engine) + repr(engine.url)


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


def test_strangers_in_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = given(monkeypatch, POSTGRES_PASSWORD=SECRET, LOG_LEVELS="LOUD")

    assert settings.log_level == "INFO"


@pytest.mark.parametrize("level", ["debug", "Warning", "ERROR"])
def test_the_log_level_counts_in_any_case(monkeypatch: pytest.MonkeyPatch, level: str) -> None:
    assert given(monkeypatch, LOG_LEVEL=level).log_level == level.upper()


def test_a_dotenv_file_is_read_and_the_environment_counts_more(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "MESSAGE_MAX_BYTES=111\nMAIL_FROM=Lists <file@example.org>\nPOSTGRES_PASSWORD=x\n"
    )

    said = printed(tmp_path, LISTGATE_ENV_FILE=".env", MESSAGE_MAX_BYTES="222")

    assert said == "222 Lists <file@example.org>"


def test_another_file_may_be_named_or_none(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MESSAGE_MAX_BYTES=111\n")
    (tmp_path / "other").write_text("MESSAGE_MAX_BYTES=333\n")

    assert printed(tmp_path, LISTGATE_ENV_FILE="other").startswith("333 ")
    assert printed(tmp_path, LISTGATE_ENV_FILE="").startswith("25000000 ")
