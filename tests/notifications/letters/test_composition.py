"""A letter as an e-mail: its header, and the message that is attached to it byte for byte."""

from base64 import b64encode, encodebytes
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import Actor, LetterName, Notification
from notifications.letters import composition
from notifications.letters.composition import attach_mails, compose, mail_with_header, render
from notifications.letters.context import LetterContext
from notifications.mime.envelope import with_crlf
from notifications.mime.mail_header import HEADER_POLICY
from notifications.mime.parse import read
from tests.builders import LIMIT, Cast, a_letter, an_eml, an_example
from tests.letter_context import a_context
from workflows.people import users

CONTEXT = a_context()

PLACEHOLDER = "0123456789abcdef" * 2

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
    "the placeholder": HEAD + f"\r\n{PLACEHOLDER}\r\n{'f' * 32}\r\n".encode(),
    "boundaries": HEAD + b"\r\n--===============0123456789012345678==--\r\n----\r\n--\r\n",
    "odd spaces": HEAD + b"X-Odd:\t a\r\n  folded\t\r\n\r\n\tDear\t\r\n",
}

# Those of every answerable letter; its body adds those of MIME.
FIELDS = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
]

# Python's email package decodes encoded words in whatever it is given for a header.
NESTED = [
    "=?utf-8?q?Hello=0D=0ABcc:_eve@example.com?=",
    "=?utf-8?q?Hello=0ABcc:_eve@example.com?=",
    "=?us-ascii?q?Hello=0D=0A=0D=0ADear_Grace,?=",
    "=?utf-8?b?SGVsbG8NCkJjYzogZXZlQGV4YW1wbGUuY29t?=",
    "Hello =?utf-8?q?=0D=0ABcc:_eve@example.com?= Grace",
]

ODD_NAMES = [
    "Grace, Hopper",
    'Grace "Amazing" Hopper',
    "Grace <eve@example.com>",
    "eve@example.com",
    "Grace\\",
    "Zoë Müller-Lüdenscheidt",
    "葛麗絲·霍普",
    "Grace 🎉",
    "=?utf-8?q?Grace?=",
    "G" * 1_500,
    "Grace " * 60 + "Hopper",
    "Grace, " * 200 + "Hopper",
]

ODD_SUBJECTS = [
    "",
    "Grüße",
    "葛麗絲" * 60,
    "x" * 2_000,
    "word " * 200 + "end",
    "[urgent] Re: Fwd:",
    "a: b; c, d <e@f>",
    "=?utf-8?q?Hello?=",
    "<script>alert(1)</script> & so",
    "{{ 7 * 7 }} {% raw %}",
    "100 % sure %s %(x)s",
]


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


def about(subject: str) -> bytes:
    """A message whose author wrote exactly this subject, in encoded words of one line each."""
    chunks = [subject[start : start + 40] for start in range(0, len(subject), 40)]
    words = [b"=?utf-8?b?" + b64encode(chunk.encode()) + b"?=" for chunk in chunks]
    folded = b"\r\n ".join(words)
    return b"From: ada@example.org\r\nSubject: " + folded + b"\r\n\r\nDear members,\r\n"


def header(mail: bytes) -> list[str]:
    """The fields of the header as it will travel, unfolded."""
    return with_crlf(mail).partition(b"\r\n\r\n")[0].decode().replace("\r\n ", " ").split("\r\n")


def fields(mail: bytes) -> list[str]:
    """The names of the header's fields."""
    return [line.partition(":")[0] for line in header(mail)]


def longest_line(mail: bytes) -> int:
    """Return the bytes of the longest header line; servers break more than 998 (RFC 5322)."""
    return max(map(len, mail.partition(b"\r\n\r\n")[0].split(b"\r\n")))


def recipient(mail: bytes) -> tuple[str, str]:
    """Name and address in the To field."""
    (field,) = (line.removeprefix("To: ") for line in header(mail) if line.startswith("To: "))
    name, address = parseaddr(field)
    return str(make_header(decode_header(name))), address


def a_context_from(mail_from: str) -> LetterContext:
    """A context whose letters are from this mailbox."""
    return replace(CONTEXT, mailer=replace(CONTEXT.mailer, mail_from=mail_from))


def to_grace(letter: Notification, **changed: str) -> bytes:
    """The header of the letter to Grace, whose name or address is now another one."""
    for column, value in changed.items():
        setattr(letter.user, column, value)
    return header_of(letter)


def make_about(letter: Notification, raw: bytes) -> None:
    """Pretend that the letter's message had always been this one."""
    assert letter.message is not None
    letter.message.raw, letter.message.subject = raw, read(raw, limit=LIMIT).subject


def about_mail(letter: Notification, raw: bytes) -> bytes:
    """The letter, as if its message had always been this one."""
    make_about(letter, raw)
    return compose(letter, CONTEXT)


def header_of(letter: Notification) -> bytes:
    """The letter without its body and attachments."""
    subject = render(letter, CONTEXT).subject
    return mail_with_header(letter, CONTEXT, subject).as_bytes()


def test_a_message_is_attached_byte_for_byte() -> None:
    for kind, raw in MESSAGES.items():
        mail = EmailMessage(policy=HEADER_POLICY)
        mail.set_content("Hello")

        assert attached(attach_mails(mail, [raw])) == raw, kind


def test_approvers_get_the_exact_bytes_that_will_be_sent(session: Session, people: Cast) -> None:
    people.announce.unsubscribe_line = False
    letter = a_letter(session, people)
    assert letter.message is not None

    assert attached(compose(letter, CONTEXT)) == an_example(letter.message)
    for kind, raw in MESSAGES.items():
        make_about(letter, raw)
        assert an_example(letter.message).endswith(raw.partition(b"\r\n\r\n")[2]), kind


@pytest.mark.parametrize("name", [LetterName.REJECTED, LetterName.RETURNED])
def test_an_author_gets_the_exact_bytes_of_the_message_as_it_is_now(
    session: Session, people: Cast, name: LetterName
) -> None:
    letter = a_letter(session, people, name)

    assert attached(about_mail(letter, MESSAGES["S/MIME"])) == MESSAGES["S/MIME"]


def test_an_author_on_unix_gets_every_line_back(session: Session, people: Cast) -> None:
    raw = an_eml()

    mail = compose(a_letter(session, people, LetterName.REJECTED, raw=raw), CONTEXT)

    assert b"\r\n" not in raw
    assert with_crlf(attached(mail)) == with_crlf(raw)


def test_a_message_that_contains_the_placeholder_is_attached_unchanged(
    session: Session, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = a_letter(session, people, raw=MESSAGES["the placeholder"])
    monkeypatch.setattr(composition, "token_hex", lambda _: PLACEHOLDER)

    mail = compose(letter, CONTEXT)

    assert letter.message is not None
    assert attached(mail) == an_example(letter.message)


def test_no_two_letters_have_the_same_boundary(session: Session, people: Cast) -> None:
    letter = a_letter(session, people)

    boundaries = {parsed(compose(letter, CONTEXT)).get_boundary() for _ in range(5)}

    assert len(boundaries) == 5


def test_the_attachment_is_a_mail_that_programs_open(session: Session, people: Cast) -> None:
    letter = a_letter(session, people)
    for kind, encoding in (("plain", "7bit"), ("Latin-1", "8bit")):
        mail = parsed(about_mail(letter, MESSAGES[kind]))

        (part,) = mail.iter_attachments()
        assert mail.get_content_type() == "multipart/mixed"
        assert (part.get_content_type(), part.get_filename()) == ("message/rfc822", "message.eml")
        assert part["Content-Transfer-Encoding"] == encoding
        assert part.get_content()["Subject"] == "Hello"


def test_a_letter_has_a_text_and_an_html_part(session: Session, people: Cast) -> None:
    mail = parsed(compose(a_letter(session, people), CONTEXT))

    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().startswith("Hello Grace Hopper,")
    assert "<p>Hello Grace Hopper,</p>" in html.get_content()


def test_the_header_has_sender_recipient_and_suppresses_auto_replies(
    session: Session, people: Cast
) -> None:
    letter = a_letter(session, people)

    composed = compose(letter, CONTEXT)

    assert fields(composed) == [*FIELDS, "MIME-Version", "Content-Type"]
    mail = parsed(composed)
    assert mail["From"] == "Listgate <listgate@example.org>"
    assert mail["To"] == "Grace Hopper <grace@example.org>"
    assert mail["Subject"] == "To approve: General assembly [announce]"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert abs(parsedate_to_datetime(mail["Date"]) - letter.due_at).total_seconds() < 1


def test_each_letter_has_one_message_id_at_every_attempt(session: Session, people: Cast) -> None:
    first, second = a_letter(session, people), a_letter(session, people)

    ids = [parsed(compose(letter, CONTEXT))["Message-ID"] for letter in (first, first, second)]

    assert ids[0] == ids[1] == f"<notification.{first.id}.{first.mark}@example.org>"
    assert ids[2] != ids[0]


def test_a_letter_has_crlf_at_every_line_end(session: Session, people: Cast) -> None:
    mail = compose(a_letter(session, people, raw=MESSAGES["plain"]), CONTEXT)

    assert with_crlf(mail) == mail


def test_a_subject_arrives_whole_and_adds_nothing_else_to_the_header(
    session: Session, people: Cast
) -> None:
    letter = a_letter(session, people)
    assert letter.message is not None
    for subject in ODD_SUBJECTS:
        make_about(letter, about(subject))
        mail = header_of(letter)

        shown = subject or "(no subject)"
        assert letter.message.subject == subject
        assert parsed(mail)["Subject"] == f"To approve: {shown} [announce]"
        assert fields(mail) == FIELDS, subject
        assert longest_line(mail) <= 998, subject
    for subject in NESTED:
        make_about(letter, about(subject))
        assert fields(header_of(letter)) == FIELDS, subject


def test_a_name_arrives_whole_and_adds_nothing_else_to_the_header(
    session: Session, people: Cast
) -> None:
    letter = a_letter(session, people)
    for number, name in enumerate(NESTED):  # No such name is refused.
        users.add_user(session, f"{number}@example.org", name, actor=Actor.operator())
    for name in ODD_NAMES + NESTED:
        mail = to_grace(letter, name=name)

        assert recipient(mail) == (name, "grace@example.org")
        assert fields(mail) == FIELDS, name
        assert longest_line(mail) <= 998, name


def test_no_possible_name_adds_anything_else_to_the_header(session: Session, people: Cast) -> None:
    letter = a_letter(session, people)

    @effort(max_examples=30, deadline=None, derandomize=True)
    @given(name=st.text('aä=?q_-0AD \\"<>(),;:@.\u200d葛', min_size=1, max_size=90))
    def check(name: str) -> None:
        mail = to_grace(letter, name=name.strip() or "x")

        assert fields(mail) == FIELDS
        assert longest_line(mail) <= 998

    check()


def test_an_address_arrives_whole(session: Session, people: Cast) -> None:
    letter = a_letter(session, people)
    for address in ("zoë@example.org", "zoë@sub.example.org", "o'brien+lists@example.org"):
        mail = to_grace(letter, address=address)

        assert f"To: Grace Hopper <{address}>" in header(mail)
        assert fields(mail) == FIELDS, address


def test_letters_are_from_the_operators_mail_from(session: Session, people: Cast) -> None:
    letter = a_letter(session, people)
    for mail_from, name, address in (
        ("listgate@example.org", "", "listgate@example.org"),
        ("Geschäftsstelle <lists@example.org>", "Geschäftsstelle", "lists@example.org"),
        ('"Lists, all" <lists@example.org>', "Lists, all", "lists@example.org"),
    ):
        mail = parsed(compose(letter, a_context_from(mail_from)))

        (sender,) = mail["From"].addresses
        assert (sender.display_name, sender.addr_spec) == (name, address)


def test_only_a_local_part_beyond_ascii_needs_smtputf8(session: Session, people: Cast) -> None:
    mail = to_grace(a_letter(session, people), address="grace@bücher.example")

    assert mail.partition(b"\r\n\r\n")[0].isascii()
    assert b"grace@xn--bcher-kva.example" in mail


def test_letters_from_an_internationalised_domain_have_a_header_in_ascii(
    session: Session, people: Cast
) -> None:
    letter = a_letter(session, people)

    mail = compose(letter, a_context_from("Lists <lists@bücher.example>"))

    assert "From: Lists <lists@xn--bcher-kva.example>" in header(mail)
    own = f"{letter.id}.{letter.mark}"
    assert f"Message-ID: <notification.{own}@xn--bcher-kva.example>" in header(mail)
