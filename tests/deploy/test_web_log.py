"""The web service logs no URL of a request, because some contain a token."""

import os
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import pytest

from sandbox.commands import ROOT, gunicorn
from sandbox.programs import Program
from sandbox.stack import port
from tests.databases import main_url

TOKEN = "abcdefghijklmnopqrstuvwxyz"
SERVED_BY = ("docker-compose.yml", "deploy/systemd/listgate-web.service", "sandbox/commands.py")


def ask(web: int, path: str) -> int:
    """Return the status of the answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{web}{path}", timeout=20) as answer:
            return int(answer.status)
    except HTTPError as refusal:
        return refusal.code


@pytest.mark.parametrize("file", SERVED_BY)
def test_gunicorn_does_not_log_requests(file: str) -> None:
    text = (ROOT / file).read_text()

    assert "gunicorn" in text
    assert "--access-log" not in text


def test_no_token_is_logged_even_when_the_page_fails(tmp_path: Path) -> None:
    web, log = port(), tmp_path / "web.log"
    without_tables = main_url().set(database="postgres").render_as_string(hide_password=False)
    environment = os.environ | {"DATABASE_URL": without_tables, "LOG_FORMAT": "json"}

    with Program(gunicorn(web), environment, log, ready="Booting worker") as running:
        running.wait_until_ready()
        failed = [ask(web, f"/{page}/{TOKEN}") for page in ("answer", "link")]
        missing = ask(web, f"/nowhere/{TOKEN}?words={TOKEN}")

    assert (failed, missing) == ([500, 500], 404)
    assert log.read_text().count("page failed") == 2
    assert TOKEN not in log.read_text()
