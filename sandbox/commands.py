"""The command lines of the stack's programs."""

import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
BIN: Final = Path(sys.executable).parent


def programs(web: int) -> dict[str, tuple[list[str], str]]:
    """Return each program by name: its command line, and what it logs once it is ready."""
    return {
        "worker": (celery("worker", "--queues=moderation,letters,sync,sweep"), "ready."),
        "sendout": (celery("worker", "--queues=sendout", "--hostname=sendout@%h"), "ready."),
        "events": (celery("worker", "--queues=events", "--hostname=events@%h"), "ready."),
        "beat": (celery("beat"), "beat: Starting"),
        "web": (gunicorn(web), "Booting worker"),
        "lmtp": ([str(BIN / "listgate"), "lmtp"], "lmtp listens"),
    }


def gunicorn(web: int) -> list[str]:
    """Return the command line that serves pages and webhooks."""
    options = ["--config", "python:portal.server", "--bind", f"127.0.0.1:{web}"]
    return [sys.executable, "-m", "gunicorn", *options, "portal.app:app"]


def celery(*arguments: str) -> list[str]:
    """Return a command line of Celery's own program."""
    return [sys.executable, "-m", "celery", "-A", "workflows.celery", *arguments]
