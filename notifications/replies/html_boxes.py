"""Knows the boxes that mail programs put around quotes, signatures and originals in HTML."""

import re

_HIDDEN = re.compile(
    r"display:none|visibility:hidden|mso-hide:all|(?:^|;)(?:font-size|opacity):0(?![.\d]*[1-9])"
)

# What mail programs call the box around a quote, and around a signature.
_QUOTE_BOX = re.compile(
    r"(?:gmail_quote|yahoo_quoted|protonmail_quote|tutanota_quote|moz-cite-prefix|reply-intro"
    r"|moz-forward-container|zmail_extra)|(?<!\S)quote(?!\S)"
)
_QUOTE_BAR = re.compile(r"border-left:[^;]*solid")
_SIGNATURE_BOX = re.compile("signature")

# Outlook has no box: from here on everything is the original.
_ORIGINAL_BELOW = re.compile(
    r"\b(?:divrplyfwdmsg|appendonsend|mail-editor-reference-message-container|zwchr"
    r"|ms-outlook-mobile-reference-message|outlookmessageheader)\b"
)
_OUTLOOK_RULE = re.compile(r"border-top:solid#[0-9a-f]{6}1\.0pt")


def is_unseen(names: str, style: str) -> bool:
    """Whether it is hidden, or a signature; names in lower case, style without blanks, too."""
    return bool(_HIDDEN.search(style) or _SIGNATURE_BOX.search(names))


def is_quote(names: str, style: str) -> bool:
    """Whether all in it is quoted."""
    return bool(_QUOTE_BOX.search(names) or _QUOTE_BAR.search(style))


def begins_original(names: str, style: str) -> bool:
    """Whether it stands above the original, which has no box of its own."""
    return bool(_ORIGINAL_BELOW.search(names) or _OUTLOOK_RULE.search(style))
