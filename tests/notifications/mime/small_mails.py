"""Small mails for tests, and the headers of the list that gets them."""

from datetime import UTC, datetime

from notifications.mime.list_headers import ListHeaders, Unsubscribing

LIMIT = 1_000_000

HEADING = ListHeaders(
    list_id="announce.lists.example.org",
    list_name="Announcements",
    list_address="announce@lists.example.org",
    author_address="ada@example.org",
    message_id="<message.7@lists.example.org>",
    author_name="Ada Lovelace",
    date=datetime(2029, 1, 31, 12, 30, tzinfo=UTC),
    owner_address="listgate@example.org",
    help_url="https://listgate.example.org/my/lists",
    feedback_id="7:announce:announcement:listgate",
    unsubscribing=Unsubscribing(),
)

FROM = b"From: ada@example.org\r\n"


def multipart(*parts: bytes) -> bytes:
    start = FROM + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    return start + b"".join(b"--b\r\n" + part + b"\r\n" for part in parts) + b"--b--\r\n"


def a_bounce(letter: str) -> bytes:
    """Return a mail server's report about an unknown address (RFC 3464)."""
    return f"""From: MAILER-DAEMON@example.org
To: bounces@example.org
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Nobody here has this address.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; grace@example.org
Action: failed
Status: 5.1.1
--b
Content-Type: text/rfc822-headers

Message-ID: <notification.{letter}@example.org>
Subject: To approve
--b--
""".encode()
