"""Imports at the start of a command: a mail server starts one process per mail."""

import pytest

from sandbox.stack import BIN
from tests.builders import run

HEAVY = ("alembic", "babel", "flask", "jinja2", "notifications.replies", "twilio", "werkzeug")


@pytest.mark.parametrize(
    ("start", "not_imported"),
    [
        ("portal.cli", ("settings", "sqlalchemy", "celery", *HEAVY)),
        ("portal.cli.receive_mail", HEAVY),
    ],
)
def test_a_start_imports_only_what_it_needs(start: str, not_imported: tuple[str, ...]) -> None:
    code = f"import sys, {start}; print({{*{not_imported}}} & sys.modules.keys() or 'none')"

    done = run(str(BIN / "python"), "-c", code)

    assert (done.stdout, done.stderr) == ("none\n", "")


def test_help_needs_no_settings() -> None:
    done = run(str(BIN / "listgate"), "--help", environment={"DATABASE_URL": "mysql://wrong"})

    assert (done.returncode, done.stderr) == (0, "")
    assert "receive-mail" in done.stdout
