"""Finds the text that the writer of a reply sees as its body, whatever its MIME and charset."""

import codecs
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32
from typing import Final, NamedTuple

from notifications.mime.mime_parts import Part, Unreadable, content_of
from notifications.replies.html import text_of_html
from notifications.replies.reply_words import cleaned

# Bytes of one text part, quotes and HTML included.  Our letters have a few thousand, and a hostile
# mail of this size takes four seconds.
TEXT_LIMIT: Final = 500_000

# Bytes of a mail in which its text is found; what is attached stands behind it.  50 MB of empty
# lines would take the email package a minute and a gigabyte.
READ_LIMIT: Final = 5_000_000

# Programs that say the left one send the right one, whose first half is the same.  (For Latin-1 it
# is the WHATWG's Encoding standard that says so.)
_MEANT = {"iso8859-1": "cp1252", "ascii": "utf-8"}


class _Body(NamedTuple):
    text: str
    is_html: bool


_NOTHING = _Body("", is_html=False)


def body_of(raw: bytes) -> str:
    """The text part, or the HTML part as text if there is none or it is blank; "" if neither is.

    Any bytes: what cannot be read is "".  Attachments, mails within the mail and what is encrypted
    are not read.
    """
    try:
        root = BytesParser(Part, policy=compat32).parsebytes(raw[:READ_LIMIT])
        if any(part.get_content_type() == "multipart/encrypted" for part in root.walk()):
            return ""
        return _body(root).text
    except Exception:
        # Unreadable, and nearly any other: the email package crashes on some malformed mails.
        return ""


def _body(part: Message) -> _Body:
    """As deep as the parser goes, which is DEPTH_LIMIT."""
    kind = part.get_content_type()
    payload = part.get_payload()
    if not isinstance(payload, list):
        return _leaf(part, kind) if isinstance(part, Part) else _NOTHING
    if kind == "multipart/report":
        return _NOTHING
    inside = payload[:1] if kind == "multipart/signed" else payload
    bodies = [body for body in map(_body, inside) if cleaned(body.text).strip()]
    if kind == "multipart/alternative":
        bodies.sort(key=lambda body: body.is_html)
    return bodies[0] if bodies else _NOTHING


def _leaf(part: Part, kind: str) -> _Body:
    if part.is_attachment() or part.get_filename():
        return _NOTHING
    if kind == "text/plain":
        return _Body(_unflowed(_text_of(part), part), is_html=False)
    if kind != "text/html":
        return _NOTHING
    try:
        return _Body(text_of_html(_text_of(part)), is_html=True)
    except Unreadable:  # with its pictures inside, perhaps; there may be a text part, too
        return _NOTHING


def _text_of(part: Part) -> str:
    data = content_of(part)
    if len(data) > TEXT_LIMIT:
        raise Unreadable("The text is too long for an answer.")
    return _decoded(data, part.get_content_charset())


def _decoded(data: bytes, charset: str | None) -> str:
    """What is uncertain becomes U+FFFD, which is in no word."""
    try:
        name = codecs.lookup(charset or "utf-8").name
        return data.decode(_MEANT.get(name, name), "replace")
    except (LookupError, ValueError):
        return data.decode("ascii", "replace")


def _unflowed(text: str, part: Part) -> str:
    """RFC 3676: a line that ends with a blank goes on in the next one."""
    if str(part.get_param("format", "")).lower() != "flowed":
        return text
    whole: list[str] = []
    goes_on = False
    for line in text.replace("\r\n", "\n").split("\n"):
        quoted, separates = line.startswith(">"), line == "-- "
        if goes_on and not separates and quoted == whole[-1].startswith(">"):
            whole[-1] += line.lstrip("> ") if quoted else line.removeprefix(" ")
        else:
            whole.append(line)
        goes_on = line.endswith(" ") and not separates
    return "\n".join(whole)
