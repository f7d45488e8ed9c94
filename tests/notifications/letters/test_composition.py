"""A letter as an e-mail: its header, and the message that is attached to it byte for byte."""

from base64 import encodebytes
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import pytest
from sqlalchemy.orm import Session

from models import LetterName
from notifications.letters import composition
from notifications.letters.composition import compose
from notifications.mime.envelope import with_crlf
from notifications.mime.list_headers import outgoing
from tests.builders import Cast, a_letter, an_eml
from tests.letter_context import a_context

CONTEXT = a_context()

STAND_IN = "0123456789abcdef" * 2

HEAD = b"From: Ada Lovelace <ada@example.org>\r\nSubject: Hello\r\nMIME-Version: 1.0\r\n"
SIGNED = b"""\
Content-Type: multipart/signed; micalg=sha-256; protocol="application/pkcs7-signature";\r
 boundary="----97C0"\r
\r
This is an S/MIME signed message\r
\r
------97C0\r
Content-Type: text/plain\r
\r
Signed:  two  blanks, and at the end  \r
\r
------97C0\r
Content-Type: application/pkcs7-signature; name="smime.p7s"\r
Content-Transfer-Encoding: base64\r
\r
MIIGgwYJKoZIhvcNAQcCoIIGdDCCBnACAQExDTALBglghkgBZQMEAgEwCwYJKoZI\r
\r
------97C0--\r
"""

MESSAGES = {
    "plain": HEAD + b"\r\nDear members,\r\n",
    "without a body": HEAD,
    "without an end of line": HEAD + b"\r\nDear members,",
    "with blank lines at its end": HEAD + b"\r\nDear members,\r\n\r\n \r\n\r\n",
    "UTF-8": HEAD + b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + "Grüße 🎉\r\n".encode(),
    "Latin-1": HEAD + b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\nGr\xfc\xdfe\r\n",
    "quoted-printable": HEAD
    + b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    + b"\r\nGr=C3=BC=C3=9Fe, =\r\nund so weiter=20\r\n",
    "base64": HEAD
    + b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + with_crlf(encodebytes("Grüße\n".encode() * 40)),
    "S/MIME": HEAD + SIGNED,
    "long lines": HEAD + b"\r\n" + b"x" * 998 + b"\r\n" + b"y" * 998 + b"\r\n",
    "dots and From": HEAD + b"\r\n.\r\n..\r\nFrom here on\r\n.hidden\r\n",
    "a stand-in": HEAD + f"\r\n{STAND_IN}\r\n{'f' * 32}\r\n".encode(),
    "boundaries": HEAD + b"\r\n--===============0123456789012345678==--\r\n----\r\n--\r\n",
    "odd spaces": HEAD + b"X-Odd:\t a\r\n  folded\t\r\n\r\n\tDear\t\r\n",
}


def parsed(mail: bytes) -> EmailMessage:
    """The mail as a recipient's program reads it."""
    return message_from_bytes(mail, policy=policy.default)


def attached(mail: bytes) -> bytes:
    """The bytes of the last part, as no parser has touched them."""
    boundary = parsed(mail).get_boundary()
    assert boundary is not None
    *_, last, end = mail.split(b"\r\n--" + boundary.encode())
    assert end.strip() == b"--"
    return last.partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("raw", MESSAGES.values(), ids=MESSAGES)
def test_approvers_get_the_very_bytes_that_will_be_sent(
    session: Session, people: Cast, raw: bytes
) -> None:
    letter = a_letter(session, people, raw=raw)

    mail = compose(letter, CONTEXT)

    assert letter.message is not None
    assert attached(mail) == outgoing(letter.message)
    assert attached(mail).endswith(raw.partition(b"\r\n\r\n")[2])


@pytest.mark.parametrize("raw", MESSAGES.values(), ids=MESSAGES)
def test_a_rejected_author_gets_the_very_bytes_that_were_given(
    session: Session, people: Cast, raw: bytes
) -> None:
    mail = compose(a_letter(session, people, LetterName.REJECTED, raw=raw), CONTEXT)

    assert attached(mail) == raw


def test_a_message_that_was_changed_is_returned_as_it_is_now(
    session: Session, people: Cast
) -> None:
    letter = a_letter(session, people, LetterName.RETURNED, raw=MESSAGES["S/MIME"])
    assert letter.message is not None
    letter.message.raw = MESSAGES["Latin-1"]

    mail = compose(letter, CONTEXT)

    assert attached(mail) == MESSAGES["Latin-1"]


def test_an_author_on_unix_gets_every_line_back(session: Session, people: Cast) -> None:
    raw = an_eml()

    mail = compose(a_letter(session, people, LetterName.REJECTED, raw=raw), CONTEXT)

    assert b"\r\n" not in raw
    assert with_crlf(attached(mail)) == with_crlf(raw)


def test_a_message_that_guesses_the_stand_in_is_attached_all_the_same(
    session: Session, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = a_letter(session, people, raw=MESSAGES["a stand-in"])
    monkeypatch.setattr(composition, "token_hex", lambda _: STAND_IN)

    mail = compose(letter, CONTEXT)

    assert letter.message is not None
    assert attached(mail) == outgoing(letter.message)


def test_no_two_letters_have_the_same_stand_in_or_boundary(session: Session, people: Cast) -> None:
    letter = a_letter(session, people)

    boundaries = {parsed(compose(letter, CONTEXT)).get_boundary() for _ in range(5)}

    assert len(boundaries) == 5


@pytest.mark.parametrize(("kind", "encoding"), [("plain", "7bit"), ("Latin-1", "8bit")])
def test_the_attachment_is_a_mail_that_programs_open(
    session: Session, people: Cast, kind: str, encoding: str
) -> None:
    mail = parsed(compose(a_letter(session, people, raw=MESSAGES[kind]), CONTEXT))

    (part,) = mail.iter_attachments()
    assert mail.get_content_type() == "multipart/mixed"
    assert (part.get_content_type(), part.get_filename()) == ("message/rfc822", "message.eml")
    assert part["Content-Transfer-Encoding"] == encoding
    assert part.get_content()["Subject"] == "Hello"


def test_a_letter_is_there_as_text_and_as_html(session: Session, people: Cast) -> None:
    mail = parsed(compose(a_letter(session, people), CONTEXT))

    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().startswith("Hello Grace Hopper,")
    assert "<p>Hello Grace Hopper,</p>" in html.get_content()


def test_the_header_says_from_whom_to_whom_and_that_nobody_need_answer(
    session: Session, people: Cast
) -> None:
    letter = a_letter(session, people)

    mail = parsed(compose(letter, CONTEXT))

    assert mail["From"] == "Listgate <listgate@example.org>"
    assert mail["To"] == "Grace Hopper <grace@example.org>"
    assert mail["Subject"] == "To approve: General assembly [announce]"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert abs(parsedate_to_datetime(mail["Date"]) - letter.due_at).total_seconds() < 1


def test_each_letter_has_one_message_id_at_every_attempt(session: Session, people: Cast) -> None:
    first, second = a_letter(session, people), a_letter(session, people)

    ids = [parsed(compose(letter, CONTEXT))["Message-ID"] for letter in (first, first, second)]

    assert ids[0] == ids[1] == f"<notification.{first.id}@example.org>"
    assert ids[2] != ids[0]


def test_a_letter_has_crlf_at_every_line_end(session: Session, people: Cast) -> None:
    mail = compose(a_letter(session, people, raw=MESSAGES["plain"]), CONTEXT)

    assert with_crlf(mail) == mail
