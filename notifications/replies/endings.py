"""Knows where a reply ends: at a signature, or at an original that has no marks of a quote."""

import re
from typing import Final

from notifications.replies.reply_words import folded

_LOOK: Final = 1_000  # characters; what is longer is none of these lines

# -----Original Message-----, in every language; also what a forwarding program writes.
_RULED = re.compile(r"[-‐–—_=]{3,}+.*[-‐–—_=]{3}$")  # noqa: RUF001 (Proton uses such dashes)
_UNDERSCORES = re.compile(r"_{5,}$")
_FORWARDED = re.compile(
    r"(?:begin forwarded message|debut du message (?:reexpedie|transfere)"
    r"|anfang der weitergeleiteten (?:nachricht|e-mail)) ?:$"
)

# The heading that Outlook and its like put above the original, label by label.
_LABELS = {
    "from": ("from", "von", "de", "expediteur", "absender", "van", "da"),
    "date": ("sent", "date", "gesendet", "gesendet am", "datum", "envoye", "envoye le", "enviado"),
    "to": ("to", "an", "a", "pour", "destinataire", "empfanger", "para", "aan"),
    "subject": ("subject", "betreff", "objet", "sujet", "asunto", "onderwerp", "oggetto"),
}
_LABEL = re.compile(r"\*?([a-z][a-z ]{0,12}?) ?\*? ?: ?\*?(?= |\S|$)")
_KINDS = {label: kind for kind, labels in _LABELS.items() for label in labels}
_HEADING_LINES: Final = 6

_SEPARATOR = re.compile(r"--$|—$")  # RFC 3676 (4.3) has a blank behind it, which programs lose

# What phones and webmail add at the end of all that is written with them.
_ADVERTISEMENT = re.compile(
    r"(?:sent|envoye[es]?|gesendet|enviado|provenance ?:) "
    r"(?:from|depuis|de|a partir d\w*|par|avec|with|via|using|von|mit|desde|courrier)\b"
    r"|(?:get|telecharger|obtenir|obtenez) (?:outlook|bluemail|yahoo)\b"
    r"|(?:diese (?:nachricht|e-?mail) wurde )?(?:von|mit) (?:meinem|meiner|mein|der)\b.*\bgesendet"
    r"|(?:outlook|holen sie sich outlook|laden sie outlook) fur \w+"
    r"|ce message a ete envoye (?:depuis|avec)\b|von (?:outlook|mail) fur .*gesendet"
)


def is_end(lines: list[str], position: int) -> bool:
    """Whether nothing counts from this one of the `cleaned` lines on."""
    line = folded(lines[position][:_LOOK])
    ends = (_SEPARATOR, _ADVERTISEMENT, _UNDERSCORES, _RULED, _FORWARDED)
    return any(end.match(line) for end in ends) or _begins_heading(lines, position)


def _begins_heading(lines: list[str], position: int) -> bool:
    if not _kind_of(lines[position]):
        return False
    following = [_kind_of(line) for line in lines[position : position + _HEADING_LINES]]
    return "from" in following and len(set(following) - {None}) > 1


def _kind_of(line: str) -> str | None:
    match = _LABEL.match(folded(line[:40]))
    return _KINDS.get(match[1]) if match else None
