"""Mails that hypothesis generates: well-formed, damaged, and random bytes."""

from functools import cache

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from notifications.mime.parse import Unreadable, read
from tests.notifications.mime.small_mails import LIMIT

LINE_ENDS = st.sampled_from([b"\r\n", b"\n", b"\r"])

# What mail programs write, in several languages, transfer encodings and structures.
REAL = [
    b"From: ada@example.org\r\nSubject: Hello\r\n\r\nDear members\r\n",
    b"From ada Mon Jan  1 00:00:00 2029\nFrom: Ada <ada@example.org>\nSubject: x\n\n>From me\n",
    # A quoted-printable letter in an old character set.
    b"Received: from x by y; Mon, 1 Jan 2029 00:00:00 +0000\r\nDKIM-Signature: v=1; h=from\r\n"
    b"From: =?utf-8?q?Ad=C3=A9la=C3=AFde?= <ada@example.org>\r\n"
    b"To: announce@lists.example.org,\r\n Grace <grace@example.org>\r\n"
    b"Subject: =?iso-8859-1?b?R3L832U=?=\r\n =?utf-8?q?_x?=\r\n"
    b"Date: Mon, 1 Jan 2029 00:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=iso-8859-1\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe, =\r\nAda\r\n",
    # Text, HTML, a file and a forwarded mail.
    b"From: ada@example.org\r\nMIME-Version: 1.0\r\nSubject: two\r\n"
    b'Content-Type: multipart/mixed; boundary="outer"\r\n\r\npreamble\r\n--outer\r\n'
    b"Content-Type: multipart/alternative; boundary=inner\r\n\r\n--inner\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nna\xc3\xafve\r\n--inner\r\n"
    b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    b"PHA+bmHDr3ZlPC9wPg==\r\n--inner--\r\n\r\n--outer\r\n"
    b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n"
    b"Content-Disposition: attachment; filename*=utf-8''na%C3%AFve.pdf\r\n\r\n"
    b"JVBERi0=\r\n--outer\r\nContent-Type: message/rfc822\r\n\r\nFrom: x\r\nSubject: inner\r\n"
    b"\r\ntext\r\n--outer--\r\nepilogue\r\n",
    # A signed letter of two authors, with much that must go.
    b"Bcc: eve@example.org\nSender: eve@example.org\nFrom: ada@example.org, grace@example.org\n"
    b"List-Id: <other.example.org>\nReply-To: ada@example.org\nDisposition-Notification-To: x\n"
    b'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=b\n\n'
    b"--b\nContent-Type: text/plain\n\nsigned\n--b\nContent-Type: application/pgp-signature\n\n"
    b"-----BEGIN PGP SIGNATURE-----\n\n--b--\n",
]

_NAMES = [
    "Sender", "Reply-To", "To", "Cc", "Bcc", "Subject", "Date", "Message-ID", "Received", "List-Id",
    "Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "MIME-Version", "X-A",
]  # fmt: skip

_VALUES = [
    "ada@example.org", "Ada <ada@example.org>", "=?utf-8?q?Ad=C3=A9?= <ada@example.org>", "<>", "",
    "=?utf-8?q?a=0d=0aBcc:_x?=", "=?x-unknown?b?eA==?=", "=?utf-8?b?x?=", "undisclosed:;", "a,b;",
    "(", '"', "text/plain", "text/plain; charset=utf-8", "text/html; charset=x", "é", "\t", "1.0",
    "text/plain; charset*=''x", "text/plain; charset=unicode_escape", "text", "message/rfc822",
    "multipart/mixed; boundary=b", "multipart/mixed", "multipart/digest; boundary=b", "?=",
    'multipart/related; boundary=b; start="<x>"', "message/delivery-status", "base64",
    "quoted-printable", "x-uuencode", "attachment", "inline; filename*0=a; filename*1*=%FF",
    'attachment; filename="=?utf-8?q?=0a?="',
]  # fmt: skip

_LINES = [
    "--b", "--b--", "", "text", ".", "From x", "bmHDr3Zl", "=C3=A9=", "=", "é", "\x0c",
    "Subject: x", "Content-Type: text/plain", "Content-Type: multipart/mixed; boundary=c", "--c",
    "--c--",
]  # fmt: skip

_text = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20)
_fields = st.tuples(st.sampled_from(_NAMES), st.sampled_from(_VALUES) | _text)
_headers = st.lists(_fields, max_size=6, unique_by=lambda field: field[0]).map(
    lambda fields: ["From: ada@example.org", *(f"{name}: {value}" for name, value in fields)]
)
_bodies = st.lists(st.sampled_from(_LINES) | st.text(max_size=20), max_size=15)

# Made like mails are made, so that many are accepted.
built = st.builds(
    lambda header, body, end: end.join(
        line.encode("utf-8", "surrogatepass") for line in [*header, "", *body]
    ),
    _headers,
    _bodies,
    LINE_ENDS,
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A real mail in which a few bytes were cut, doubled, or replaced by others."""
    mail = draw(st.sampled_from(REAL))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(mail)))
        end = min(len(mail), start + draw(st.integers(0, 30)))
        patch = draw(
            st.binary(max_size=6)
            | st.just(mail[start:end] * 2)
            | st.sampled_from([each.encode() for each in [*_VALUES, *_LINES]])
        )
        mail = mail[:start] + patch + mail[end:]
    return mail


any_bytes = st.binary(max_size=400)

strange = any_bytes | mutated() | built


@cache
def accepted_mails() -> list[bytes]:
    """Return strange mails that an author may send: one in four, so they are sought once."""
    found: list[bytes] = []

    @settings(max_examples=60)
    @given(mutated() | built)
    def collect(raw: bytes) -> None:
        try:
            read(raw, limit=LIMIT)
        except Unreadable:
            assume(False)
        found.append(raw)

    collect()
    return found
