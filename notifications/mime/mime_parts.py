"""Read the parts of a mail, or refuse them with a sentence for its author."""

import base64
import binascii
import codecs
import quopri
import re
from collections.abc import Iterator
from email.errors import (
    CloseBoundaryNotFoundDefect,
    MessageDefect,
    NoBoundaryInMultipartDefect,
    StartBoundaryNotFoundDefect,
)
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import Policy, compat32
from typing import Any, Self

from models import Amount, Invalid

DEPTH_LIMIT = 20  # multiparts within multiparts; mail programs make three or four
PARTS_LIMIT = 500  # a newsletter has dozens of pictures

# Bytes of a header field that is parsed, not only passed on.  A file name of 255 Chinese characters
# takes 2,300; the email package needs a second for malicious fields of 10,000.
FIELD_LIMIT = 8_000

_MIME_FIELDS = ("content-type", "content-transfer-encoding", "content-disposition", "content-id")

# Python decodes these, other mail programs do not; they would show \u escapes as they are.
_PYTHONS_OWN = {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}

_CHARSET = re.compile(r"[\w.:+()-]{1,40}", re.ASCII)  # names that may be quoted

# PostgreSQL does not store these as text.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


class Unreadable(Invalid):
    """The mail cannot be sent.  The sentence is for its author, and does not quote the mail."""


class Part(EmailMessage):
    """A part that stops the parser if a mail has too many parts or too long fields.

    The policy is compat32, which parses quickly and does not crash on strange fields.
    """

    _payload: object  # an attribute of the email package that its types do not declare

    def __init__(self, policy: "Policy[Any] | None" = None) -> None:
        super().__init__(policy)
        self.root = self
        self.depth = self.parts_below = 0

    def attach(self, payload: Self) -> None:  # type: ignore[override]
        payload.root, payload.depth = self.root, self.depth + 1
        self.root.parts_below += 1
        if payload.depth > DEPTH_LIMIT:
            raise Unreadable("The parts of the message are nested too deeply.")
        if self.root.parts_below > PARTS_LIMIT:
            raise Unreadable("The message has more than %(most)d parts.", most=PARTS_LIMIT)
        super().attach(payload)

    def set_raw(self, name: str, value: Any) -> None:
        if len(value) > FIELD_LIMIT and name.lower() in _MIME_FIELDS:
            raise Unreadable(
                "A %(field)s field is longer than %(most)s bytes.",
                field=name,
                most=Amount(FIELD_LIMIT),
            )
        super().set_raw(name, value)

    def get_content_type(self) -> str:
        """Return one type for every attached mail: it is a file, and its content is not checked."""
        declared = super().get_content_type()
        return "application/x-mail" if declared.startswith("message/") else declared

    def is_attachment(self) -> bool:
        return self.get_content_disposition() == "attachment"

    @property
    def declared_type(self) -> str:
        return super().get_content_type()

    @property
    def encoded(self) -> bytes:
        """The bytes between its header and the next part; `get_payload` would guess a charset."""
        assert isinstance(self._payload, str), "a leaf has no parts"
        return self._payload.encode("ascii", "surrogateescape")


def parts_of(content: bytes) -> Part:
    """Parse the mail into a tree; raise Unreadable, or any exception of the email package."""
    root = BytesParser(Part, policy=compat32).parsebytes(content)
    assert isinstance(root, Part)
    for part in _all(root):
        for defect in part.defects:
            raise _broken(defect)
        for name in _MIME_FIELDS:
            if len(part.get_all(name, ())) > 1:
                raise Unreadable("A part of the message has several %(field)s fields.", field=name)
    return root


def leaves(root: Part) -> list[Part]:
    """Return the parts that have content, in order."""
    return [part for part in _all(root) if part.get_content_maintype() != "multipart"]


def content_of(part: Part) -> bytes:
    """Return the part's content, its transfer encoding decoded (RFC 2045, 6)."""
    data = part.encoded
    encoding = str(part.get("content-transfer-encoding", "7bit")).strip().lower()
    if encoding in ("7bit", "8bit", "binary"):
        return data
    if encoding == "quoted-printable":
        return quopri.decodestring(data)
    if encoding == "base64":
        try:
            return base64.b64decode(b"".join(data.split()), validate=True)
        except binascii.Error:
            raise Unreadable("A part of the message is not in base64, as it says it is.") from None
    raise Unreadable("A part of the message is in a transfer encoding that mail does not know.")


def text_of(part: Part) -> str:
    """Return the text with LF as line end; raise Unreadable instead of guessing a charset."""
    declared = part.get_content_charset()
    data = content_of(part)
    if not declared and not data.isascii():
        raise Unreadable(
            "The text has characters outside ASCII, and the message does not say in which "
            "character set. Please send it with another mail program."
        )
    try:
        text = decoded(data, declared or "us-ascii")
    except LookupError:
        raise Unreadable(
            "The text is in a character set “%(charset)s” that is not known here.",
            charset=shown_charset(declared),
        ) from None
    except ValueError:
        raise Unreadable("The text is not in the character set that it says it is in.") from None
    if _NO_TEXT.search(text):
        raise Unreadable("The text contains characters that are not text.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def decoded(data: bytes, charset: str) -> str:
    """Decode strictly: the program of a recipient could guess another text.

    Raise LookupError for a character set that mail does not know, ValueError for bytes not in it.
    """
    if codecs.lookup(charset).name in _PYTHONS_OWN:
        raise LookupError
    return data.decode(charset)


def shown_charset(declared: str | None) -> str:
    """Return a character set for a sentence, or "…" if it could be a part of the mail."""
    return declared if declared and _CHARSET.fullmatch(declared) else "…"


def _all(root: Part) -> Iterator[Part]:
    """Yield all parts in order, without recursion."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        yield part
        # Only for multiparts: for a leaf get_payload guesses a charset, and can crash.
        below = part.get_payload() if part.is_multipart() else []
        waiting.extend(each for each in reversed(list(below)) if isinstance(each, Part))


def _broken(defect: MessageDefect) -> Unreadable:
    if isinstance(defect, NoBoundaryInMultipartDefect | StartBoundaryNotFoundDefect):
        return Unreadable("The message says that it consists of several parts, but it does not.")
    if isinstance(defect, CloseBoundaryNotFoundDefect):
        return Unreadable(
            "The message breaks off in the middle: the end of its last part is missing. "
            "Please send it again."
        )
    return Unreadable(
        "A part of the message is malformed. Please send it with another mail program."
    )
