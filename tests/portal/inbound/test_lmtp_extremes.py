"""The door of mail at its limits: nothing at all, fifty million bytes, and a socket in a folder."""

import smtplib
import socket
import time
from pathlib import Path

from tests.portal.doors import Doors, decisions
from tests.portal.inbound.lmtp_servers import lmtp_at
from tests.portal.inbound.test_lmtp import OK, kept, reply_address

__all__ = ["reply_address"]


def test_fifty_million_bytes_are_kept_and_handled(doors: Doors, reply_address: str) -> None:
    raw = OK + b"\r\n" + b"> all work and no play\r\n" * 2_200_000
    assert len(raw) > 50_000_000

    doors.hand_over(raw, sender="grace@example.org", recipient=reply_address)
    (mail,) = kept()
    assert mail.raw == raw

    doors.work()

    (mail,) = kept()
    assert mail.state == "handled"


def test_a_mail_without_a_byte_is_kept_and_decides_nothing(
    doors: Doors, reply_address: str
) -> None:
    doors.hand_over(b"", sender="grace@example.org", recipient=reply_address)
    doors.work()

    (mail,) = kept()
    assert mail.raw.strip() == b""
    assert mail.state == "handled"
    assert decisions() == []


def test_it_listens_at_a_socket_in_a_folder(
    doors: Doors, reply_address: str, tmp_path: Path
) -> None:
    path = tmp_path / "lmtp"

    with lmtp_at(str(path)):
        while not listens(path):
            time.sleep(0.01)
        with smtplib.LMTP(str(path), timeout=60) as client:
            client.sendmail("grace@example.org", [reply_address], OK)
    doors.work()

    assert len(decisions()) == 1


def listens(path: Path) -> bool:
    """Whether somebody takes connections there; the socket is in its folder a moment before."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0
