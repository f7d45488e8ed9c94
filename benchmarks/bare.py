"""The same copies, sent by programs that keep no book.

They keep no row, commit nothing, note no progress, and do not look whether the sendout was stopped.
"""

import smtplib
import socket
from multiprocessing import get_context
from typing import Final

from notifications.mime.sealed_ids import TOKEN_LENGTH
from notifications.smtp.replies import read_reply

# As long as the envelope senders of a sendout, with their tokens.
SENDER: Final = f"bounces+{'t' * TOKEN_LENGTH}@example.org"
REPLIES: Final = 4  # to the end of one letter, MAIL, RCPT and DATA


def loop(server: str, content: bytes, copies: int) -> None:
    """Send over one connection, one after the other."""
    host, port = server.split(":")
    with smtplib.SMTP(host, int(port)) as smtp:
        for number in range(copies):
            smtp.sendmail(SENDER, f"member{number}@example.org", content)


def lanes(server: str, content: bytes, copies: int, *, number: int) -> None:
    """Send over this many connections, each in a process of its own, with PIPELINING."""
    fork = get_context("fork").Process  # which need not import anything first
    share = (server, content, copies // number)
    processes = [fork(target=lane, args=share) for _ in range(number)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0, "a bare lane failed"


def lane(server: str, content: bytes, copies: int) -> None:
    """Send over one connection: the end of one letter and the commands of the next together."""
    host, port = server.split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        replies = connection.makefile("rb")
        read_reply(replies)
        connection.sendall(b"EHLO benchmark.example\r\n")
        read_reply(replies)
        # Every letter ends with the same reply as the RSET before the first one.
        end = b"RSET\r\n"
        for number in range(copies):
            recipient = f"member{number}@example.org"
            commands = f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n"
            connection.sendall(end + commands.encode())
            codes = [read_reply(replies)[0] for _ in range(REPLIES)]
            assert codes == [250, 250, 250, 354], "the sink takes everything"
            end = content + b"\r\n.\r\n"
        connection.sendall(end)
        read_reply(replies)
