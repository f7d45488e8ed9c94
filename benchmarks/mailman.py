"""Send a message to a list by Listgate's workers, compared with GNU Mailman 3.

Both have the same members, and send the same message to the same sink.  Mailman is installed from
the package index into a temporary folder with an environment of its own.  A sendout of Listgate
lasts from the approval to the last copy and its record in the database, one of Mailman from the
acceptance of the post (LMTP) to the last copy.

Mailman has the settings that suit it: SQLite, no archive, no digests, only the runners that a post
needs, and as many recipients in one SMTP transaction as Listgate.  One runner sends a message,
whatever their number.  In personal mode each copy has its own envelope sender (VERP), as in
Listgate.
"""

import os
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.measuring import in_turn, seconds
from benchmarks.results import Measured, report
from benchmarks.seeding import order, seed_list, seed_people, settle
from benchmarks.sending import LOOK_EVERY, RAW, TIMEOUT, a_message, send, server, workers
from benchmarks.sink import delivered
from sandbox.programs import Program
from sandbox.stack import BIN, ROOT, port
from workflows.sendout.send import MAX_RECIPIENTS

# Mailman 3.3.10 does not run with SQLAlchemy 2.1.
PACKAGES: Final = ("mailman>=3.3.10,<3.4", "sqlalchemy<2.1")

MEMBERS: Final = int(os.environ.get("MAILMAN_MEMBERS", "20_000"))
# The first sendout, to every hundredth member, is not measured.
WARM_UP: Final = "warm-up"
WARM_UP_EVERY: Final = 100
COPIES: Final = {
    WARM_UP: MEMBERS // WARM_UP_EVERY,
    "personal": MEMBERS,
    "identical": MEMBERS,
}
# Mailman takes minutes for personal copies.
ROUNDS: Final = 1
# A hundredth, and a tenth, of Mailman's time.
GOALS: Final = {"personal": 0.01, "identical": 0.1}

UNNEEDED: Final = ("archive", "bounces", "command", "digest", "rest", "retry", "task", "virgin")
CONFIGURATION: Final = """
[mailman]
layout: here
site_owner: owner@example.org
[paths.here]
var_dir: {folder}
[mta]
incoming: mailman.mta.null.NullMTA
outgoing: mailman.mta.deliver.deliver
smtp_host: {host}
smtp_port: {port}
lmtp_port: {lmtp_port}
max_recipients: {max_recipients}
verp_personalized_deliveries: yes
"""


@dataclass(frozen=True)
class Mailman:
    """A Mailman in a folder."""

    folder: Path
    lmtp_port: int

    @property
    def configuration(self) -> Path:
        return self.folder / "mailman.cfg"

    def program(self, name: str) -> str:
        """Return the path of one of its programs."""
        return str(self.folder / "environment/bin" / name)

    def configure(self) -> None:
        """Have it deliver to the sink, and start nothing that a post does not need."""
        host, smtp_port = server().split(":")
        text = CONFIGURATION.format(
            folder=self.folder / "var",
            host=host,
            port=smtp_port,
            lmtp_port=self.lmtp_port,
            max_recipients=MAX_RECIPIENTS,
        )
        off = "".join(f"[runner.{name}]\nstart: no\n" for name in UNNEEDED)
        self.configuration.write_text(text + off)

    def fill(self) -> None:
        """Add the members and the lists."""
        options = ["--run-as-root", "--config", str(self.configuration)]  # the first is for root
        fill = ["withlist", "--run", "benchmarks.mailman_lists.fill"]
        subprocess.run(
            [self.program("mailman"), *options, *fill, str(MEMBERS), str(WARM_UP_EVERY)],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            cwd=self.folder,
            check=True,
            stdout=2,
        )

    def running(self) -> Program:
        """Return its runners, not started."""
        return Program(
            [self.program("master"), "--config", str(self.configuration)],
            os.environ,
            self.folder / "var/logs/mailman.log",
            ready="lmtp runner started",
            folder=self.folder,
        )

    def sendout(self, kind: str, _round: int) -> float:
        """Send to one list; return the seconds from the post to the last copy."""
        return seconds(partial(self.send, kind))

    def send(self, kind: str) -> None:
        """Post the message, and wait until the sink has all copies."""
        expected = delivered(server()) + COPIES[kind]
        self.post(f"{kind}@example.org")
        deadline = time.monotonic() + TIMEOUT
        while (copies := delivered(server())) < expected:
            assert time.monotonic() < deadline, "Mailman's sendout does not end"
            time.sleep(LOOK_EVERY)
        assert copies == expected, "the sink got other copies, too"

    def post(self, address: str) -> None:
        """Post the message to the list, with the fields that Mailman requires."""
        fields = f"To: {address}\r\nMessage-ID: <{time.time_ns()}@example.org>\r\n"
        with smtplib.LMTP("127.0.0.1", self.lmtp_port) as lmtp:
            lmtp.sendmail("member1@example.org", address, fields.encode() + RAW)


def main() -> None:
    """Run the benchmark and report the results."""
    with mailman() as theirs:
        seed_people(MEMBERS)
        seed_list(WARM_UP, every=WARM_UP_EVERY)
        seed_list("personal", every=1)
        seed_list("identical", every=1)
        order("update mailing_list set personal = false where short_name = 'identical'")
        settle()
        with workers():
            compare(theirs, WARM_UP)
            for kind, goal in GOALS.items():
                ours, bare = compare(theirs, kind)
                what = f"{MEMBERS:,} {kind} copies; raw: Mailman 3"
                report(Measured(what, ours, bare, "s", goal))


def compare(theirs: Mailman, kind: str) -> tuple[float, float]:
    """Send to one list by both; return the seconds that each took."""
    return in_turn(partial(sendout, kind), partial(theirs.sendout, kind), ROUNDS)


def sendout(kind: str, _round: int) -> float:
    """Send to one list; return the seconds from the approval to the last copy."""
    return seconds(partial(send, a_message(kind), COPIES[kind]))


@contextmanager
def mailman() -> Iterator[Mailman]:
    """Install and run a Mailman with members and lists; remove it at the end."""
    with tempfile.TemporaryDirectory(prefix="listgate-mailman-") as folder:
        installed = Mailman(Path(folder), port())
        install(Path(folder, "environment"))
        installed.configure()
        installed.fill()
        with installed.running() as running:
            running.wait_until_ready()
            yield installed


def install(environment: Path) -> None:
    """Install Mailman; exit with a sentence if that fails, for example without a network."""
    uv = [str(BIN / "uv"), "--no-config", "--quiet"]
    python = str(environment / "bin/python")
    commands = [
        [*uv, "venv", "--python", sys.executable, str(environment)],
        [*uv, "pip", "install", "--python", python, *PACKAGES],
    ]
    for command in commands:
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            reason = " ".join(done.stderr.split())
            sys.exit(f"Mailman cannot be installed from the package index: {reason}")


if __name__ == "__main__":
    main()
