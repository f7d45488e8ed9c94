"""Names, subjects and addresses in the header of a letter: whole, and never more than that."""

from base64 import b64encode
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import Actor
from notifications.letters.composition import compose
from notifications.letters.context import LetterContext
from notifications.mime.envelope import with_crlf
from tests.builders import Cast, a_letter
from tests.letter_context import a_context
from workflows.people import users as persons

CONTEXT = a_context()

FIELDS = [
    "From",
    "To",
    "Reply-To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "MIME-Version",
    "Content-Type",
]

# Python's email package decodes encoded words in whatever it is given for a header.
NESTED = [
    "=?utf-8?q?Hello=0D=0ABcc:_eve@example.com?=",
    "=?utf-8?q?Hello=0ABcc:_eve@example.com?=",
    "=?us-ascii?q?Hello=0D=0A=0D=0ADear_Grace,?=",
    "=?utf-8?b?SGVsbG8NCkJjYzogZXZlQGV4YW1wbGUuY29t?=",
    "Hello =?utf-8?q?=0D=0ABcc:_eve@example.com?= Grace",
]

# Of which a name may consist that is meant to be misread.
PIECES = [
    "=?utf-8?q?=0D=0AX:?=",
    "=?utf-8?q?",
    "=?utf-8?b?",
    "?=",
    "=0D=0A",
    "=0A",
    "DQpCY2M6",
    "Bcc:",
    "_",
    " ",
    "a" * 40,
    '"',
    "\\",
    "<",
    ">",
    "(",
    ")",
    ",",
    ";",
    ":",
    "@",
    "ä",
    "葛",
    "=",
    "?",
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
    """In bytes, of the header; servers break what is longer than 998, or the mail (RFC 5322)."""
    return max(map(len, mail.partition(b"\r\n\r\n")[0].split(b"\r\n")))


def recipient(mail: bytes) -> tuple[str, str]:
    """Name and address in the To field."""
    (field,) = (line.removeprefix("To: ") for line in header(mail) if line.startswith("To: "))
    name, address = parseaddr(field)
    return str(make_header(decode_header(name))), address


def parsed(mail: bytes) -> EmailMessage:
    """The mail as a recipient's program reads it."""
    return message_from_bytes(mail, policy=policy.default)


def a_context_from(mail_from: str) -> LetterContext:
    """A context whose letters are from this mailbox."""
    return replace(CONTEXT, mailer=replace(CONTEXT.mailer, mail_from=mail_from))


def to_grace(session: Session, people: Cast, **changed: str) -> bytes:
    """A letter to Grace, whose name or address is now another one."""
    letter = a_letter(session, people)
    for column, value in changed.items():
        setattr(people.grace, column, value)
    return compose(letter, CONTEXT)


@pytest.mark.parametrize("subject", ODD_SUBJECTS)
def test_a_subject_arrives_whole(session: Session, people: Cast, subject: str) -> None:
    letter = a_letter(session, people, raw=about(subject))

    mail = compose(letter, CONTEXT)

    shown = subject or "(no subject)"
    assert letter.message is not None
    assert letter.message.subject == subject
    assert parsed(mail)["Subject"] == f"To approve: {shown} [announce]"
    assert fields(mail) == FIELDS
    assert longest_line(mail) <= 998


@pytest.mark.parametrize("subject", NESTED)
def test_a_subject_puts_nothing_else_into_the_header(
    session: Session, people: Cast, subject: str
) -> None:
    mail = compose(a_letter(session, people, raw=about(subject)), CONTEXT)

    assert fields(mail) == FIELDS


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_name_arrives_whole(session: Session, people: Cast, name: str) -> None:
    mail = to_grace(session, people, name=name)

    assert recipient(mail) == (name, "grace@example.org")
    assert fields(mail) == FIELDS
    assert longest_line(mail) <= 998


@pytest.mark.parametrize("name", NESTED)
def test_a_name_puts_nothing_else_into_the_header(
    session: Session, people: Cast, name: str
) -> None:
    persons.add_user(session, "margaret@example.org", name, actor=Actor.operator())

    mail = to_grace(session, people, name=name)

    assert fields(mail) == FIELDS
    assert recipient(mail) == (name, "grace@example.org")


@effort(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(name=st.text('aä=?q_-0AD \\"<>(),;:@.\u200d葛', min_size=1, max_size=90))
def test_no_name_at_all_puts_anything_else_into_the_header(
    session: Session, people: Cast, name: str
) -> None:
    mail = to_grace(session, people, name=name.strip() or "x")

    assert fields(mail) == FIELDS
    assert longest_line(mail) <= 998


@pytest.mark.parametrize(
    "address", ["zoë@example.org", "zoë@sub.example.org", "o'brien+lists@example.org"]
)
def test_an_address_arrives_whole(session: Session, people: Cast, address: str) -> None:
    mail = to_grace(session, people, address=address)

    assert f"To: Grace Hopper <{address}>" in header(mail)
    assert fields(mail) == FIELDS


def test_only_a_local_part_beyond_ascii_needs_a_server_that_takes_it(
    session: Session, people: Cast
) -> None:
    mail = to_grace(session, people, address="grace@bücher.example")

    assert mail.partition(b"\r\n\r\n")[0].isascii()
    assert b"grace@xn--bcher-kva.example" in mail


@pytest.mark.parametrize(
    ("mail_from", "name", "address"),
    [
        ("listgate@example.org", "", "listgate@example.org"),
        ("Geschäftsstelle <lists@example.org>", "Geschäftsstelle", "lists@example.org"),
        ('"Lists, all" <lists@example.org>', "Lists, all", "lists@example.org"),
    ],
)
def test_letters_are_from_whom_the_operator_says(
    session: Session, people: Cast, mail_from: str, name: str, address: str
) -> None:
    mail = parsed(compose(a_letter(session, people), a_context_from(mail_from)))

    (sender,) = mail["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name, address)


def test_letters_from_an_internationalised_domain_have_a_header_in_ascii(
    session: Session, people: Cast
) -> None:
    letter = a_letter(session, people)

    mail = compose(letter, a_context_from("Lists <lists@bücher.example>"))

    assert "From: Lists <lists@xn--bcher-kva.example>" in header(mail)
    assert f"Message-ID: <notification.{letter.id}@xn--bcher-kva.example>" in header(mail)
