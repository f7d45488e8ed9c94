"""The line with the link is read at the end of text and HTML, and nothing else changes."""

import quopri
from base64 import b64encode
from collections.abc import Callable
from secrets import token_hex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.mime.added_line import AddedLine, with_line
from notifications.mime.parse import AuthoredMail, read
from notifications.mime.sealed_ids import TOKEN_LENGTH
from notifications.mime.template import Template, base64_lines, base64_pieces
from tests.notifications.mime.small_mails import FROM, LIMIT, multipart
from tests.notifications.mime.strange_mails import accepted_mails

PLACEHOLDER = token_hex(TOKEN_LENGTH // 2)
TOKEN = b"abcdefghijklmnopqrstuvwxyz"
WORDS = "Leave this list"
URL = f"https://lists.example.org/unsubscribe/{TOKEN.decode()}"
TEXT, HTML = f"{WORDS}: {URL}", f'<p><a href="{URL}">{WORDS}</a></p>'


def filled(raw: bytes) -> bytes | None:
    """Return the mail with the line for TOKEN, or None if it gets none."""
    url = f"https://lists.example.org/unsubscribe/{PLACEHOLDER}"
    pieces = with_line(raw, AddedLine(WORDS, url, PLACEHOLDER.encode()))
    return None if pieces is None else Template.of(pieces, PLACEHOLDER.encode()).filled(TOKEN)


def read_filled(raw: bytes) -> AuthoredMail:
    mail = filled(raw)
    assert mail is not None
    return read(mail, limit=2 * LIMIT)


def part(kind: str, content: bytes, encoding: str = "8bit", charset: str = "utf-8") -> bytes:
    head = f"Content-Type: text/{kind}; charset={charset}\r\n"
    return f"{head}Content-Transfer-Encoding: {encoding}\r\n\r\n".encode() + content


ENCODED: dict[str, Callable[[bytes], bytes]] = {
    "8bit": lambda content: content,
    "base64": lambda content: b64encode(content) + b"\r\n",
    "quoted-printable": lambda content: quopri.encodestring(content).replace(b"\n", b"\r\n"),
}


def test_text_ends_with_the_line() -> None:
    for encoding, encoded in ENCODED.items():
        for body in ["", "Grüße", "Grüße\r\n", "x" * 300 + " ", "a=b\t"]:
            raw = FROM + part("plain", encoded(body.encode()), encoding)

            mail = read_filled(raw)

            before = read(raw, limit=LIMIT).text or ""
            gap = "\n" if not before or before.endswith("\n") else "\n\n"
            assert mail.text == f"{before}{gap}{TEXT}\n"


def test_the_line_stands_before_the_end_of_html() -> None:
    for encoding, encoded in ENCODED.items():
        for before, after in [
            ("<html><body><p>Grüße</p> ", "</BODY></html>"),
            ("<p>" + "ä" * 90, "</body ></html><!-- </body> -->"),
            ("Grüße", "</html>"),
            ("<!-- <body> </body> --> no end", ""),
        ]:
            raw = FROM + part("html", encoded((before + after).encode()), encoding)

            assert read_filled(raw).html == f"{before}\n{HTML}\n{after}"


def test_both_alternatives_get_it_and_attachments_do_not() -> None:
    inner = b"--i\r\n%s\r\n--i\r\n%s\r\n--i--" % (
        part("plain", b"Hello"),
        part("html", b"<body>Hello</body>"),
    )
    notes = part("plain", b"notes") + b""
    attached = b"Content-Disposition: attachment; filename=a.txt\r\n" + notes
    raw = multipart(b"Content-Type: multipart/alternative; boundary=i\r\n\r\n" + inner, attached)

    mail = read_filled(raw)

    assert mail.text == f"Hello\n\n{TEXT}\n"
    assert mail.html == f"<body>Hello\n{HTML}\n</body>"
    assert [one.content for one in mail.attachments] == [b"notes"]


SIGNED = multipart(part("plain", b"Hello"), b"Content-Type: application/pgp-signature\r\n\r\nsig")
INLINE = b"-----BEGIN PGP SIGNED MESSAGE-----\r\n\r\nHello\r\n-----BEGIN PGP SIGNATURE-----\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        SIGNED.replace(b"multipart/mixed", b"multipart/signed"),
        multipart(
            b"Content-Type: multipart/signed; boundary=i\r\n\r\n--i\r\n"
            + part("plain", b"Hello")
            + b"\r\n--i--"
        ),
        FROM + part("plain", INLINE),
        FROM + b"Content-Type: application/pkcs7-mime\r\n\r\nMIIB",
        FROM + part("plain", "Grüße".encode("utf-16"), charset="utf-16"),
        FROM + part("plain", "日本".encode("iso-2022-jp")[:-3], charset="iso-2022-jp"),
        multipart(b"Content-Type: image/png\r\n\r\nx"),
        FROM + part("html", b"<body>Hello<=2Fbody>", "quoted-printable"),
        multipart(part("plain", b"Hello")).removesuffix(b"--b--\r\n"),
        multipart(b"--b\r\n" + part("plain", b"Hello")),
        multipart(b"--b--\r\n\r\nHello"),
    ],
    ids=[
        *("signed", "signed part", "inline", "smime", "utf-16", "open japanese", "picture"),
        *("disguised end", "truncated", "empty part", "early end"),
    ],
)
def test_some_mails_get_no_line(raw: bytes) -> None:
    assert filled(raw) is None


def without_line(mail: AuthoredMail) -> tuple[str | None, str | None]:
    text, html = mail.text, mail.html
    return text and text.replace(TEXT, "").rstrip("\n"), html and html.replace(f"\n{HTML}\n", "")


def test_the_authors_text_stays_the_same_around_the_line() -> None:
    with_a_line = [(raw, mail) for raw in accepted_mails() if (mail := filled(raw))]

    assert len(with_a_line) > 20
    for raw, mail in with_a_line:
        before, after = read(raw, limit=LIMIT), read(mail, limit=2 * LIMIT)

        text, html = before.text, before.html
        assert without_line(after) == (text and text.rstrip("\n"), html), raw
        contents = [[one.content for one in each.attachments] for each in (before, after)]
        assert contents[0] == contents[1], raw
        assert TEXT in (after.text or "") or HTML in (after.html or ""), raw


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_every_token_makes_the_same_lines_of_base64(before: bytes, after: bytes) -> None:
    pieces = base64_pieces(before + PLACEHOLDER.encode() + after, PLACEHOLDER.encode())

    whole = Template.of(pieces, PLACEHOLDER.encode()).filled(TOKEN)
    assert whole == base64_lines(before + TOKEN + after)
