"""Mails as small as a test needs them, and the heading of the list that gets them."""

from datetime import UTC, datetime

from notifications.list_mail import ListHeading

LIMIT = 1_000_000

HEADING = ListHeading(
    list_id="announce.lists.example.org",
    list_name="Announcements",
    list_address="announce@lists.example.org",
    author_address="ada@example.org",
    message_id="<message.7@lists.example.org>",
    date=datetime(2029, 1, 31, 12, 30, tzinfo=UTC),
)

FROM = b"From: ada@example.org\r\n"


def multipart(*parts: bytes) -> bytes:
    start = FROM + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    return start + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"
