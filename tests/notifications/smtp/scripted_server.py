"""An SMTP server that answers as a test wants, even as no real server should."""

import socketserver
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

DROP = "close the connection instead of answering"
HANG = "never answer"

# What it says where a test has no other wish.  "" is the greeting, "content" is before the content
# is read, and "." is after it.  A wish for "MAIL 2" is for the second MAIL only.
USUAL = {
    "": "220 scripted.example",
    "EHLO": "250 scripted.example",
    "HELO": "250 scripted.example",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "RSET": "250 2.0.0 ok",
    "DATA": "354 go on",
    "content": "",
    ".": "250 2.0.0 ok",
    "QUIT": "221 2.0.0 bye",
}

Wishes = dict[str, str]


class Scripted(socketserver.ThreadingTCPServer):
    """The nth connection gets the nth script; those after the last script get the last one."""

    daemon_threads = True

    def __init__(self, scripts: Sequence[Wishes]) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.scripts = scripts
        self.commands: list[list[str]] = []  # received lines, one list for each connection
        self.took: list[tuple[str, ...]] = []  # the recipients of each letter that it has read

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class _Conversation(socketserver.StreamRequestHandler):
    server: Scripted
    # Nagle's algorithm would hold back the second answer to a group of commands for 40 ms.
    disable_nagle_algorithm = True

    def handle(self) -> None:
        script = self.server.scripts[min(len(self.server.commands), len(self.server.scripts) - 1)]
        self.wishes = USUAL | script
        self.received: list[str] = []
        self.steps: Counter[str] = Counter()
        self.server.commands.append(self.received)
        if self.says(""):
            self.converse()

    def converse(self) -> None:
        while line := self.rfile.readline():
            self.received.append(line.decode().rstrip("\r\n"))
            verb = line[:4].decode().upper()
            if not self.says(verb) or verb == "QUIT":
                return
            self.remember(verb, line.decode())
            if verb == "DATA" and self.reply.startswith("354"):
                if not self.says("content"):
                    return
                while (content := self.rfile.readline()) not in (b".\r\n", b""):
                    pass
                if not content or not self.says("."):
                    return

    def remember(self, verb: str, line: str) -> None:
        if verb in ("MAIL", "RSET"):
            self.accepted: list[str] = []
        elif verb == "RCPT" and self.reply.startswith("2"):
            self.accepted.append(line.partition("<")[2].partition(">")[0])

    def take(self, reply: str) -> None:
        """Remember who gets the letter; one that the server does not answer, it has taken."""
        if self.accepted and reply[:1] not in ("4", "5"):
            self.server.took.append(tuple(self.accepted))
        self.accepted = []

    def says(self, step: str) -> bool:
        self.steps[step] += 1
        usual = self.wishes.get(step, "500 5.5.2 what?")
        reply = self.wishes.get(f"{step} {self.steps[step]}", usual)
        self.reply = reply
        if step == ".":
            self.take(reply)
        if reply == HANG:
            self.rfile.read()
        if reply in (HANG, DROP):
            return False
        if reply:
            self.wfile.write(reply.encode() + b"\r\n")
        return not reply.startswith("421")


@contextmanager
def scripted(*scripts: Wishes) -> Iterator[Scripted]:
    with Scripted(scripts or ({},)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
