"""Find the personal fields of a mail, and encode what is filled in at each place.

A part with fields becomes UTF-8 in quoted-printable, whatever it was: then any name fits, and each
place is encoded without regard to what is around it.  All else stays byte for byte.
"""

import re
from base64 import b64encode
from binascii import b2a_qp
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from secrets import token_hex
from typing import Final

from notifications.mime.fields import PersonalField, Pieces, Reader, has_fields, read_fields
from notifications.mime.header_lines import split_mail
from notifications.mime.mail_header import is_plain, text_field
from notifications.mime.mime_parts import Part, Unreadable, content_of, decoded, parts_of
from notifications.mime.parse import subject_in
from notifications.mime.part_spans import PGP, NotFound, Span, spans
from notifications.mime.template import Place

# A subject that needs no folding after "Subject: " (RFC 5322, 2.1.1).
SHORT_SUBJECT: Final = 66  # characters

# Bytes in an encoded word, in base64, so that a line has 76 characters at most (RFC 2047, 2).
FIRST_WORD: Final = 39  # behind "Subject: "
LATER_WORD: Final = 45

_SOFT: Final = b"=\r\n"  # a soft line break of quoted-printable (RFC 2045, 6.7)
_BARE_END: Final = re.compile(rb"(?<!\r)\n")
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_KEPT_PARAMETERS: Final = ("format", "delsp")  # RFC 3676


@dataclass(frozen=True)
class TextPlace:
    """A field in plain text."""

    field: PersonalField

    def filled(self, reader: Reader) -> bytes:
        """Return what stands here, encoded."""
        return quoted_printable(self.field.of(reader))


@dataclass(frozen=True)
class HtmlPlace:
    """A field in HTML, also in the value of an attribute."""

    field: PersonalField

    def filled(self, reader: Reader) -> bytes:
        """Return what stands here, escaped and encoded."""
        return quoted_printable(escape(self.field.of(reader)))


@dataclass(frozen=True)
class SubjectPlace:
    """The whole value of the Subject field."""

    pieces: Pieces

    def filled(self, reader: Reader) -> bytes:
        """Return the subject in one line, or folded and in encoded words (RFC 2047)."""
        parts = (each if isinstance(each, str) else each.of(reader) for each in self.pieces)
        subject = " ".join("".join(parts).split())
        if not is_plain(subject):
            return b"\r\n ".join(_encoded_words(subject.encode()))
        if len(subject) <= SHORT_SUBJECT:
            return subject.encode()
        return text_field(subject, "Subject").replace("\n", "\r\n").encode()


@dataclass(frozen=True)
class PersonalMail:
    """A mail with marks, and what is filled in at each."""

    raw: bytes
    places: Mapping[bytes, Place] = field(default_factory=dict)


def personal_mail(raw: bytes) -> PersonalMail:
    """Return the mail with a mark at each personal field of its subject, text and HTML.

    `notifications.mime.parse.read` has accepted it.  Without fields it stays as it is.  Raise
    Invalid for what is not a field, and for fields in a signed or encrypted text.
    """
    mail = split_mail(raw).joined()
    marks: dict[bytes, Place] = {}
    changed = list(_changed_parts(mail, marks))
    subject = read_fields(subject_in(split_mail(mail).fields))
    if not changed and not has_fields(subject):
        return PersonalMail(raw)
    for span, part in sorted(changed, key=lambda each: each[0].start, reverse=True):
        mail = mail[: span.begins] + part + mail[span.end :]
    if has_fields(subject):
        mail = _with_subject(mail, _mark(marks, SubjectPlace(subject)))
    return PersonalMail(mail, marks)


def is_signed_by_author(raw: bytes) -> bool:
    """Whether a server of the author's has signed the mail (DKIM)."""
    return any(each.name == "dkim-signature" for each in split_mail(raw).fields)


def quoted_printable(text: str) -> bytes:
    """Return the text, of which lines end with CRLF, in UTF-8 and quoted-printable."""
    return _BARE_END.sub(b"\r\n", b2a_qp(text.encode(), istext=True))


def _encoded_words(text: bytes) -> Iterator[bytes]:
    """Yield the UTF-8 in words of whole characters (RFC 2047); the email package takes 100 µs."""
    most = FIRST_WORD
    while text:
        end = min(most, len(text))
        while end < len(text) and text[end] & 0xC0 == 0x80:
            end -= 1
        yield b"=?utf-8?b?" + b64encode(text[:end]) + b"?="
        text, most = text[end:], LATER_WORD


def _changed_parts(mail: bytes, marks: dict[bytes, Place]) -> Iterator[tuple[Span, bytes]]:
    """Yield the span of each part that has fields, and its new header and content."""
    root = parts_of(mail)
    bodies = [root.get_body((kind,)) for kind in ("plain", "html")]
    try:
        found = {id(span.part): span for span in spans(mail, root)}
    except NotFound:
        raise Unreadable("The message is malformed and could not be understood.") from None
    for body in bodies:
        if not isinstance(body, Part):
            continue
        is_html = body.get_content_subtype() == "html"
        pieces = read_fields(_text(body), html=is_html)
        if not has_fields(pieces):
            continue
        span, place = found[id(body)], HtmlPlace if is_html else TextPlace
        if span.sealed or PGP in content_of(body):
            raise Unreadable("The text is signed or encrypted, so nothing can be filled in.")
        header = _header(mail[span.begins : span.start], body, is_whole=span.begins == 0)
        content = b"".join(
            quoted_printable(each)
            if isinstance(each, str)
            else _SOFT + _mark(marks, place(each)) + _SOFT
            for each in pieces
        )
        yield span, header + content.removesuffix(_SOFT)


def _mark(marks: dict[bytes, Place], place: Place) -> bytes:
    mark = token_hex(16).encode()
    marks[mark] = place
    return mark


def _text(body: Part) -> str:
    text = decoded(content_of(body), body.get_content_charset("us-ascii"))
    return _LINE_END.sub("\r\n", text)


def _header(before: bytes, body: Part, *, is_whole: bool) -> bytes:
    """Return the header of the part with its new character set and encoding."""
    fields = split_mail(before).fields
    new = {"content-type", "content-transfer-encoding"} | ({"mime-version"} if is_whole else set())
    kept = b"".join(each.lines for each in fields if each.name not in new)
    parameters = "".join(
        f"; {name}={value}"
        for name in _KEPT_PARAMETERS
        if re.fullmatch(r"\w+", value := str(body.get_param(name, "")), re.ASCII)
    )
    version = "MIME-Version: 1.0\r\n" if is_whole else ""
    kind = body.get_content_subtype()
    return (
        kept
        + f"{version}Content-Type: text/{kind}; charset=utf-8{parameters}\r\n".encode()
        + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )


def _with_subject(mail: bytes, value: bytes) -> bytes:
    fields, body = split_mail(mail)
    lines = [
        b"Subject: " + value + b"\r\n" if each.name == "subject" else each.lines for each in fields
    ]
    return b"".join(lines) + b"\r\n" + body
