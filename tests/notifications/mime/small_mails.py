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


def a_bounce(status: str = "5.1.1", action: str = "failed") -> bytes:
    """Return a mail server's report about an address (RFC 3464)."""
    return f"""From: MAILER-DAEMON@example.org
To: bounces@example.org
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

The mail was not delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; grace@example.org
Action: {action}
Status: {status}
--b
Content-Type: text/rfc822-headers

Subject: To approve
--b--
""".encode()


def a_complaint(return_path: str, kind: str = "abuse") -> bytes:
    """Return a mailbox provider's report that its user calls a mail spam (RFC 5965)."""
    return f"""From: feedback@provider.example
To: bounces@lists.example.org
Subject: FW: General assembly
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

This is an email abuse report.
--b
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Provider-FBL/1.0
Version: 1
Original-Mail-From: <{return_path}>
--b
Content-Type: message/rfc822
Content-Disposition: inline

Return-Path: <{return_path}>
From: Ada Lovelace <ada@example.org>
Subject: General assembly

Dear members,
--b--
""".encode()
