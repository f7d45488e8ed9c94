"""Add a line with a link at the end of a mail's text and HTML; nothing else changes."""

import quopri
import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from notifications.mime.header_lines import split_mail
from notifications.mime.mime_parts import Part, content_of, decoded, parts_of
from notifications.mime.part_spans import PGP, Span, spans
from notifications.mime.template import Piece, base64_pieces

_COMMENT: Final = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_SOFT: Final = rb"(?:=[ \t]*\r\n)?"  # a soft line break of quoted-printable


@dataclass(frozen=True)
class AddedLine:
    """Words and a link, all ASCII, so that nearly every character set has them."""

    words: str
    url: str
    # The part of the URL that differs for each recipient; it may be absent.
    placeholder: bytes

    def as_text(self, before: bytes) -> bytes:
        """Return the line for plain text that ends with `before`."""
        gap = "\r\n" if not before or before.endswith(b"\n") else "\r\n\r\n"
        return f"{gap}{self.words}: {self.url}\r\n".encode()

    def as_html(self) -> bytes:
        """Return the line for HTML."""
        return f'\r\n<p><a href="{self.url}">{self.words}</a></p>\r\n'.encode()


def with_line(mail: bytes, line: AddedLine) -> list[Piece] | None:
    """Return the mail, which `notifications.mime.parse.read` has accepted, with the line.

    None if there is no text that may get it: in a signed or encrypted mail, for example, or in a
    character set that is no superset of ASCII.
    """
    mail = split_mail(mail).joined()
    try:
        root = parts_of(mail)
        found = {id(span.part): span for span in spans(mail, root)}
    except Exception:  # as of `parts_of`; a message of an older version must be sent nevertheless
        return None
    bodies = [root.get_body((kind,)) for kind in ("plain", "html")]
    changed = [
        (span, pieces)
        for body in bodies
        if isinstance(body, Part) and not (span := found[id(body)]).sealed
        if (pieces := _new_content(mail, span, line)) is not None
    ]
    return _spliced(mail, changed) if changed else None


def _spliced(mail: bytes, changed: list[tuple[Span, list[Piece]]]) -> list[Piece]:
    pieces, position = list[Piece](), 0
    for span, content in sorted(changed, key=lambda each: each[0].start):
        pieces += [mail[position : span.start], *content]
        position = span.end
    return [*pieces, mail[position:]]


class _Insertion(NamedTuple):
    """What is added to the decoded content of a part, and where."""

    content: bytes
    at: int
    added: bytes

    @property
    def result(self) -> bytes:
        return self.content[: self.at] + self.added + self.content[self.at :]

    def is_readable(self, charset: str) -> bool:
        """Whether a program that decodes the result shows the line, and the rest as before.

        ISO-2022-JP may be in the middle of Japanese, and UTF-16 has two bytes for each character.
        """
        try:
            before = decoded(self.content[: self.at], charset)
            after = decoded(self.content[self.at :], charset)
            whole = decoded(self.result, charset)
        except (LookupError, ValueError):
            return False
        return whole == before + self.added.decode() + after


def _new_content(mail: bytes, span: Span, line: AddedLine) -> list[Piece] | None:
    """Return the part's content with the line, encoded as before; None if it cannot have one."""
    part, content = span.part, content_of(span.part)
    is_html = part.get_content_subtype() == "html"
    at = _end_of_html(content) if is_html else len(content)
    added = line.as_html() if is_html else line.as_text(content)
    insertion = _Insertion(content, at, added)
    if PGP in content or not insertion.is_readable(part.get_content_charset("us-ascii")):
        return None
    encoding = str(part.get("content-transfer-encoding", "7bit")).strip().lower()
    if encoding == "base64":
        return base64_pieces(insertion.result, line.placeholder)
    before = mail[span.start : span.end]
    if encoding == "quoted-printable":
        return _quoted_printable(before, insertion, line.placeholder)
    return [before[:at] + added + before[at:]]


def _end_of_html(content: bytes) -> int:
    """Return where the body ends; a tag in a comment does not count."""
    plain = _COMMENT.sub(lambda found: b" " * len(found[0]), content).lower()
    ends = (plain.rfind(tag) for tag in (b"</body", b"</html"))
    return next((at for at in ends if at >= 0), len(content))


def _quoted_printable(
    before: bytes, insertion: _Insertion, placeholder: bytes
) -> list[Piece] | None:
    """Return the encoded content with the line; None if its end cannot be found."""
    quoted, wanted = _quoted(insertion.added, placeholder), insertion.result
    for place in _places_of(before, insertion):
        # Blanks at the end of a line do not count (RFC 2045, 6.7), so a soft break protects them.
        soft = b"=\r\n" if before[:place].endswith((b" ", b"\t")) else b""
        encoded = before[:place] + soft + quoted + before[place:]
        if quopri.decodestring(encoded) == wanted:
            return [encoded]
    return None


def _places_of(before: bytes, insertion: _Insertion) -> list[int]:
    """Return where, in quoted-printable, the content after the insertion may begin."""
    content, at = insertion.content, insertion.at
    if at == len(content):
        return [len(before)]
    tag = [re.escape(content[each : each + 1]) for each in range(at, at + len(b"</body"))]
    tag[0] = rb"(?:<|=3[Cc])"
    return [found.start() for found in re.finditer(_SOFT.join(tag), before)][::-1]


def _quoted(added: bytes, placeholder: bytes) -> bytes:
    """Return the line in quoted-printable; the placeholder stays in one piece."""
    soft = b"=\r\n"
    return b"\r\n".join(
        soft.join(
            each if each == placeholder else _soft_lines(each)
            for each in re.split(b"(" + placeholder + b")", part)
            if each
        )
        for part in added.split(b"\r\n")
    )


def _soft_lines(text: bytes) -> bytes:
    # The only character of the line that has to be escaped is the equals sign.
    return b"=\r\n".join(re.findall(rb"(?:=3D|[^=]){1,70}", text.replace(b"=", b"=3D")))
