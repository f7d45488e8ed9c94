"""`make up` from its start to Ctrl-C: all that it prints is there, and nothing is left behind."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import psutil

from sandbox.residents import RESIDENTS
from sandbox.stack import ROOT
from tests.sandbox.machine import all_gone

# Whoever runs these tests in the background has told the shell to ignore Ctrl-C.
UP = """
import signal, sys
from pathlib import Path
from sandbox.up import main

signal.signal(signal.SIGINT, signal.default_int_handler)
main(Path(sys.argv[1]))
"""

SERVERS = {"DATABASE_URL", "REDIS_URL"}


@contextmanager
def the_stack_up(folder: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """What it prints until it has nothing more to say by itself, and its process."""
    # With the servers of this test run it would move into the house of other tests.
    alone = {name: value for name, value in os.environ.items() if name not in SERVERS}
    up = subprocess.Popen(
        [sys.executable, "-c", UP, str(folder)],
        cwd=ROOT,
        env=alone,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with up:
        try:
            assert up.stdout
            said = ""
            for line in up.stdout:
                said += line
                if line.startswith("Mails and SMS will be shown"):
                    break
            yield said, up
        finally:
            up.kill()


def logged_in(portal: str, address: str, password: str) -> OpenerDirector:
    """A browser of this person, after the log-in page."""
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    page = browser.open(f"{portal}/log-in").read().decode()
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    fields = {"address": address, "password": password, "csrf_token": token[1]}
    browser.open(f"{portal}/log-in", urlencode(fields).encode()).close()
    return browser


def links_for(portal: str, address: str, password: str) -> set[str]:
    """Where the first page leads this person; each of these pages has been opened."""
    browser = logged_in(portal, address, password)
    links = set(re.findall(r'<a href="(/[^"]*)"', browser.open(portal).read().decode()))
    assert {browser.open(portal + link).status for link in links} == {200}
    return links


def address_of(what: str, said: str) -> str:
    found = re.search(rf"^  {what} +(http://\S+)", said, re.MULTILINE)
    assert found, said
    return found[1]


def in_a_second_terminal(command: str, said: str) -> "subprocess.CompletedProcess[str]":
    """Run a command as the printed words have it."""
    first = re.search(r"^  (\. \S+/env; PATH=.*)$", said, re.MULTILINE)
    assert first
    return subprocess.run(
        ["sh", "-c", f"{first[1]}; {command}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_all_that_make_up_prints_is_there_until_ctrl_c(tmp_path: Path) -> None:
    with the_stack_up(tmp_path / "house") as (said, up):
        portal = address_of("portal", said)
        password = re.search(r'with the password "(.+)" as', said)
        assert password
        people = dict(re.findall(r"^  \S+ \S+ +(\w+) +(\S+@\S+)$", said, re.MULTILINE))
        places = {
            what: links_for(portal, people[what], password[1])
            for what in ("member", "administrator")
        }
        stranger = build_opener()
        shown = [address_of(what, said) for what in ("mailboxes", "telephones")]
        pages = [stranger.open(page).status for page in shown]
        # He gives a worker a second to answer, which a busy machine may need itself.
        doctor = in_a_second_terminal(" || ".join(["listgate doctor"] * 5), said)
        started = psutil.Process(up.pid).children(recursive=True)
        os.killpg(up.pid, signal.SIGINT)
        code = up.wait(timeout=60)

    assert people.keys() == {"member", "author", "approver", "administrator"}
    assert [one.address for one in RESIDENTS if one.address not in said] == []
    assert places["member"] < places["administrator"]
    assert pages == [200, 200]
    assert doctor.returncode == 0, doctor.stdout
    assert code == 0
    assert len(started) > 6
    assert all_gone(started)
