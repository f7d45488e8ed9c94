"""The parts of a mail, or a sentence for its author about what is wrong with them."""

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
PARTS_LIMIT = 500  # pictures of a newsletter are dozens; an author's list mail has no more parts

# Bytes of a header field that is to be understood, not only passed on.  A file name of 255 Chinese
# characters takes 2,300; the email package takes a second for hostile ones of 10,000.
FIELD_LIMIT = 8_000

_MIME_FIELDS = ("content-type", "content-transfer-encoding", "content-disposition", "content-id")

# What Python decodes but mail does not know; \u escapes, say, would read differently elsewhere.
_PYTHONS_OWN = {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"}

_CHARSET = re.compile(r"[\w.:+()-]{1,40}", re.ASCII)  # names that a sentence may repeat

# No database takes these as text.
_NO_TEXT = re.compile("[\0\ud800-\udfff]")


class Unreadable(Invalid):
    """Not a mail that can be sent.  The sentence is for its author, and quotes none of the mail."""


class Part(EmailMessage):
    """A part that is made by the parser, and stops it where a mail would cost too much to read.

    The policy is compat32, whose parsing is quick and does not crash on strange fields.
    """

    _payload: object  # the email package's own name, of which its types do not tell

    def __init__(self, policy: "Policy[Any] | None" = None) -> None:
        super().__init__(policy)
        self.root = self
        self.depth = self.parts_below = 0

    def attach(self, payload: Self) -> None:  # type: ignore[override]
        payload.root, payload.depth = self.root, self.depth + 1
        self.root.parts_below += 1
        if payload.depth > DEPTH_LIMIT:
            raise Unreadable("The message consists of parts within parts within parts, too deeply.")
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
        """A mail within the mail is one attachment, like a file: its inside is not judged."""
        declared = super().get_content_type()
        return "application/x-mail" if declared.startswith("message/") else declared

    def is_attachment(self) -> bool:
        return self.get_content_disposition() == "attachment"

    @property
    def declared_type(self) -> str:
        return super().get_content_type()

    @property
    def encoded(self) -> bytes:
        """What stands between its header and the next part; `get_payload` would guess a charset."""
        assert isinstance(self._payload, str), "a leaf has no parts"
        return self._payload.encode("ascii", "surrogateescape")


def parts_of(content: bytes) -> Part:
    """The whole mail as a tree; raises Unreadable, and whatever the email package crashes with."""
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
    """The parts that have content of their own, in order."""
    return [part for part in _all(root) if part.get_content_maintype() != "multipart"]


def content_of(part: Part) -> bytes:
    """What the part holds once its transfer encoding is undone (RFC 2045, 6)."""
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
    """The text with \\n as line end; nothing in it is a guess."""
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
        raise Unreadable("The text contains characters that are no text.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def decoded(data: bytes, charset: str) -> str:
    """Strictly: a recipient's program may guess otherwise than ours, so we do not guess.

    Raises LookupError for a character set that mail does not know, ValueError for bytes not in it.
    """
    if codecs.lookup(charset).name in _PYTHONS_OWN:
        raise LookupError
    return data.decode(charset)


def shown_charset(declared: str | None) -> str:
    """The character set's name, if it looks like one and not like a part of the mail."""
    return declared if declared and _CHARSET.fullmatch(declared) else "…"


def _all(root: Part) -> Iterator[Part]:
    """In the order of the mail, without recursion."""
    waiting = [root]
    while waiting:
        part = waiting.pop()
        yield part
        # For a leaf get_payload would guess a charset, and crash on some.
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
