"""Refuse header fields whose encoded words hide a line break."""

import base64
import binascii
import quopri
import re

from notifications.mime.header_lines import Field
from notifications.mime.mime_parts import Unreadable, decoded, shown_charset

# Control characters except the tab, Unicode's line ends, and lone surrogates.
CONTROL = re.compile("[\0-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_ENCODED_WORD = re.compile(r"=\?([^?\s]+)\?([bq])\?(.*?)\?=", re.IGNORECASE)  # RFC 2047, 2


def refuse_hidden_controls(field: Field, shown: str) -> None:
    """Raise Unreadable for a field that forges another one; `shown` is its name in the sentence.

    RFC 2047 hides any byte in an encoded word: =?utf-8?q?Hello=0D=0ABcc:_...?=
    """
    text = field.value.decode()
    words = _ENCODED_WORD.findall(text[: text.rfind("?=") + 2])
    plain = [_decoded_word(*word, field=shown) for word in words]
    if any(CONTROL.search(each) for each in [text, *plain]):
        raise Unreadable(
            "The %(field)s field contains a hidden line break or another control character.",
            field=shown,
        )


def _decoded_word(charset: str, encoding: str, encoded: str, *, field: str) -> str:
    data = encoded.encode()
    if encoding in "qQ":
        content = quopri.decodestring(data, header=True)
    else:
        try:
            # Some programs omit the padding; more than needed does no harm.
            content = base64.b64decode(data + b"==")
        except binascii.Error:
            raise Unreadable(
                "The %(field)s field is not encoded as it says it is.", field=field
            ) from None
    # RFC 2231 (5) allows a language after the character set.
    return _in_charset(content, charset.partition("*")[0], field=field)


def _in_charset(content: bytes, charset: str, *, field: str) -> str:
    try:
        return decoded(content, charset)
    except LookupError:
        raise Unreadable(
            "The %(field)s field is in a character set “%(charset)s” that is not known here.",
            field=field,
            charset=shown_charset(charset),
        ) from None
    except ValueError:
        raise Unreadable(
            "The %(field)s field is not in the character set that it says it is in.", field=field
        ) from None
