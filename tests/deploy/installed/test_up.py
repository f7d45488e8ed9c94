"""`make up` from its start to Ctrl-C: what it prints works, and no process is left."""

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

from sandbox.people import PEOPLE
from sandbox.stack import ROOT
from tests.sandbox.machine import wait_until_gone

# A shell makes background processes ignore Ctrl-C.
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
    """Run it; yield its output up to the last line of the introduction, and its process."""
    # Without the servers of this test run, whose data it would change.
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
            output = ""
            for line in up.stdout:
                output += line
                if line.startswith("Mails and SMS appear here"):
                    break
            yield output, up
        finally:
            up.kill()


def logged_in(portal: str, address: str, password: str) -> OpenerDirector:
    """Log in and return the browser."""
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    page = browser.open(f"{portal}/log-in").read().decode()
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    fields = {"address": address, "password": password, "csrf_token": token[1]}
    browser.open(f"{portal}/log-in", urlencode(fields).encode()).close()
    return browser


def links_for(portal: str, address: str, password: str) -> set[str]:
    """Return the links of the first page, each of which opens."""
    browser = logged_in(portal, address, password)
    links = set(re.findall(r'<a href="(/[^"]*)"', browser.open(portal).read().decode()))
    assert {browser.open(portal + link).status for link in links} == {200}
    return links


def address_of(what: str, output: str) -> str:
    found = re.search(rf"^  {what} +(http://\S+)", output, re.MULTILINE)
    assert found, output
    return found[1]


def in_a_second_terminal(command: str, output: str) -> "subprocess.CompletedProcess[str]":
    """Run a command as the output says."""
    first = re.search(r"^  (\. \S+/env; PATH=.*)$", output, re.MULTILINE)
    assert first
    return subprocess.run(
        ["sh", "-c", f"{first[1]}; {command}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def command_of(process: psutil.Process) -> list[str]:
    """Return the words of its command; none if it has ended, as a push soon does."""
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


def kill_lmtp(processes: list[psutil.Process]) -> None:
    """Kill the LMTP server."""
    (server,) = (each for each in processes if command_of(each)[-1:] == ["lmtp"])
    server.kill()


def test_what_make_up_prints_works_until_ctrl_c(tmp_path: Path) -> None:
    with the_stack_up(tmp_path / "stack") as (output, up):
        portal = address_of("portal", output)
        password = re.search(r'with the password "(.+)" as', output)
        assert password
        people = dict(re.findall(r"^  \S+ \S+ +(\w+) +(\S+@\S+)$", output, re.MULTILINE))
        links = {
            what: links_for(portal, people[what], password[1])
            for what in ("member", "administrator")
        }
        anonymous = build_opener()
        shown = [address_of(what, output) for what in ("mailboxes", "telephones")]
        pages = [anonymous.open(page).status for page in shown]
        # It waits a second for the worker, which may be too short on a busy machine.
        doctor = in_a_second_terminal(" || ".join(["listgate doctor"] * 15), output)
        started = psutil.Process(up.pid).children(recursive=True)
        kill_lmtp(started)
        assert up.stdout
        restarted = next(line for line in up.stdout if "started again" in line)
        started = psutil.Process(up.pid).children(recursive=True)
        os.killpg(up.pid, signal.SIGINT)
        code = up.wait(timeout=60)

    assert people.keys() == {"member", "author", "approver", "administrator"}
    assert [one.address for one in PEOPLE if one.address not in output] == []
    assert links["member"] < links["administrator"]
    assert pages == [200, 200]
    assert doctor.returncode == 0, doctor.stdout
    assert restarted.startswith("  lmtp ended (-9) and was started again: see ")
    assert code == 0
    assert len(started) > 6
    wait_until_gone(started)
