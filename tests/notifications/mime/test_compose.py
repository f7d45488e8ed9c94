"""Composing a mail from an author's input, and reading the input back."""

from email import message_from_bytes, policy

from hypothesis import given
from hypothesis import strategies as st

from models import User
from notifications.mime.compose import TypedMessage, compose_mail, file_name, read_typed
from notifications.mime.parse import Attachment, read

ADA = User(name="Ada Lovelace", address="ada@example.org")

# What a browser's text field may hold; lone surrogates never come in a form.
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")
TEXTS = st.text(CHARACTERS, max_size=200) | st.text("ab \n\t.ü", max_size=2000)
FILES = st.builds(
    lambda name, content: Attachment(name, "application/pdf", len(content), content),
    st.text("abcäöü .-", min_size=1, max_size=40).map(lambda name: f"a{name}b.pdf"),
    st.binary(max_size=300),
)


@given(text=TEXTS, html=TEXTS, files=st.lists(FILES, max_size=3))
def test_the_input_can_be_read_back(text: str, html: str, files: list[Attachment]) -> None:
    again = read_typed(compose_mail(TypedMessage("Hello", text, html, files), ADA))

    assert (again.subject, again.text, again.html) == ("Hello", text, html)
    assert [one.content for one in again.attachments] == [one.content for one in files]
    assert [one.filename for one in again.attachments] == [one.filename for one in files]


@given(st.text(CHARACTERS, max_size=300))
def test_any_subject_is_one_line(subject: str) -> None:
    raw = compose_mail(TypedMessage(subject, "x", ""), ADA)

    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert "bcc" not in {name.lower() for name in message_from_bytes(raw)}


def test_the_parts_nest_as_mail_programs_expect() -> None:
    for typed, shape in [
        (TypedMessage("s", "t", ""), ["text/plain"]),
        (TypedMessage("s", "", "<p>h</p>"), ["text/html"]),
        (TypedMessage("s", "", ""), ["text/plain"]),
        (TypedMessage("s", "t", "h"), ["multipart/alternative", "text/plain", "text/html"]),
        (
            TypedMessage("s", "t", "h", [Attachment("a.pdf", "application/pdf", 1, b"x")]),
            [
                "multipart/mixed",
                "multipart/alternative",
                "text/plain",
                "text/html",
                "application/pdf",
            ],
        ),
    ]:
        mail = message_from_bytes(compose_mail(typed, ADA), policy=policy.default)

        assert [part.get_content_type() for part in mail.walk()] == shape


def test_the_header_names_the_author_and_leaves_the_rest_to_the_list() -> None:
    mail = message_from_bytes(
        compose_mail(TypedMessage("Grüße", "Hällo", ""), ADA), policy=policy.default
    )

    assert mail["From"] == "Ada Lovelace <ada@example.org>"
    assert mail["Subject"] == "Grüße"
    assert {"To", "Date", "Message-ID"} & set(mail.keys()) == set()
    assert mail["Content-Type"].params["charset"] == "utf-8"


def test_an_author_with_an_international_address_is_named() -> None:
    author = User(name="Jürgen", address="jürgen@example.org")

    raw = compose_mail(TypedMessage("s", "t", ""), author)

    assert "jürgen@example.org" in raw.decode()
    assert read(raw, limit=len(raw)).text == "t\n"


def test_a_file_is_attached_with_an_allowed_type() -> None:
    for given_type, kept in [
        ("image/png", "image/png"),
        ("text/html", "text/html"),
        ("application/vnd.ms-excel.sheet.macroEnabled.12",) * 2,
        ("message/rfc822", "application/octet-stream"),
        ("multipart/mixed", "application/octet-stream"),
        ("", "application/octet-stream"),
        ("no type", "application/octet-stream"),
        ("a/b\r\nBcc: eve@evil.example", "application/octet-stream"),
    ]:
        raw = compose_mail(TypedMessage("s", "t", "", [Attachment("a", given_type, 1, b"x")]), ADA)

        assert read_typed(raw).attachments[0].content_type == kept.lower()
        assert b"evil" not in raw


def test_a_file_has_a_harmless_name() -> None:
    for given_name, kept in [
        ("plan.pdf", "plan.pdf"),
        ("C:\\My files\\plan.pdf", "plan.pdf"),
        ("../../etc/passwd", "passwd"),
        ("a\r\nBcc: eve.pdf", "aBcc: eve.pdf"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("...", "file"),
        ("", "file"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
    ]:
        raw = compose_mail(
            TypedMessage("s", "t", "", [Attachment(given_name, "image/png", 1, b"x")]), ADA
        )

        assert file_name(given_name) == kept
        assert [one.filename for one in read_typed(raw).attachments] == [kept]
