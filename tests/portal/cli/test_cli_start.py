"""Imports at the start of a command: a mail server starts one process per mail."""

from sandbox.stack import BIN
from settings import TRY_AGAIN
from tests.builders import run

NOBODY_LISTENS = "127.0.0.1:1"

HEAVY = (
    "alembic",
    "babel",
    "celery",
    "flask",
    "jinja2",
    "kombu",
    "notifications.replies",
    "psycopg2",
    "pydantic_settings",
    "rich",
    "sqlalchemy",
    "structlog",
    "twilio",
    "werkzeug",
)


def test_a_start_imports_only_what_it_needs() -> None:
    not_imported = {"settings", *HEAVY}
    code = f"import sys, portal.cli; print({not_imported} & sys.modules.keys() or 'none')"

    done = run(str(BIN / "python"), "-c", code)

    assert (done.stdout, done.stderr) == ("none\n", "")


def test_receive_mail_runs_without_what_only_other_commands_need() -> None:
    command = "receive-mail", "nobody@elsewhere.example", ""
    code = f"""
import sys, portal.cli
sys.argv[1:] = {command!r}
try:
    portal.cli.main()
finally:
    print({{*{HEAVY}}} & sys.modules.keys() or 'none')
"""

    done = run(str(BIN / "python"), "-c", code, environment={"LMTP_ADDRESS": NOBODY_LISTENS})

    assert (done.returncode, done.stdout) == (TRY_AGAIN, "none\n")


def test_help_needs_no_settings() -> None:
    done = run(str(BIN / "listgate"), "--help", environment={"DATABASE_URL": "mysql://wrong"})

    assert (done.returncode, done.stderr) == (0, "")
    assert "receive-mail" in done.stdout
