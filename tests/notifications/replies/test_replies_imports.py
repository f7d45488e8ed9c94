"""The parser of replies imports no web framework, no queue and no cipher."""

import subprocess
import sys

HEAVY = {"alembic", "celery", "cryptography", "flask", "jinja2", "redis", "twilio"}


def test_the_parser_imports_nothing_heavy() -> None:
    code = f"import sys, notifications.replies.parse; print({HEAVY!r} & sys.modules.keys())"

    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "set()\n"
