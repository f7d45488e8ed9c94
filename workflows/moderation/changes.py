"""What an author changed in a message that was sent back, for the approvers of the next request."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from difflib import SequenceMatcher
from hashlib import sha256
from itertools import takewhile
from typing import Any, Final

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models import Decision, Message, ModerationRequest, SentBackContent, Verdict
from notifications.mime.parse import Attachment, AuthoredMail, Unreadable, read
from notifications.replies.html import text_of_html
from workflows.sendout.rules import audit_detail

TEXT_LIMIT: Final = 1_000_000  # characters of a text that are compared

# Units of each text that are compared; the time of difflib grows with their product.
MAX_UNITS: Final = 1_000

MAX_LINES: Final = 200  # of one part, in the result
MAX_LINE: Final = 500  # characters

CONTEXT: Final = 1  # unchanged units around a change
GAP: Final = ("…", "")  # stands for unchanged units between two changes, or for too many

_URL = re.compile(
    r"""(?:href|src)\s*+=\s*+["']?+\s*+((?:https?|mailto|tel):[^"'\s>]++)""", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"(?<=[.!?:;]) +")

Change = dict[str, Any]  # `part`, `variant` if there are several, and before/after or lines
Line = tuple[str, str]  # "-", "+" or " ", and a unit of a text; or GAP


def keep_content(session: Session, request: ModerationRequest) -> None:
    """Keep what approvers read, before the author may change it."""
    session.add(SentBackContent(request_id=request.id, content=content_of(request.message)))


def changes_since(session: Session, message: Message) -> dict[str, Any]:
    """Return `follows_id` and `changes` for a new request; {} unless the last was sent back.

    A message that goes to another list now has other approvers: it is new to them.
    """
    last = session.execute(
        select(ModerationRequest.id, Decision.verdict, SentBackContent.content)
        .join(Decision, Decision.request_id == ModerationRequest.id)
        .outerjoin(SentBackContent, SentBackContent.request_id == ModerationRequest.id)
        .where(ModerationRequest.message_id == message.id)
        .order_by(ModerationRequest.id.desc())
        .limit(1)
    ).first()
    if last is None or last.verdict is not Verdict.SENT_BACK or last.content is None:
        return {}
    request_id, _, content = last
    if content["list_id"] != message.list_id:
        return {}
    return {"follows_id": request_id, "changes": compared(content, content_of(message))}


def forget_changes(session: Session, message: Message) -> None:
    """Delete what was kept of the texts of a deleted draft."""
    asked = select(ModerationRequest.id).where(ModerationRequest.message_id == message.id)
    session.execute(delete(SentBackContent).where(SentBackContent.request_id.in_(asked)))
    session.execute(
        update(ModerationRequest)
        .where(ModerationRequest.message_id == message.id)
        .values(changes=None)
    )


def content_of(message: Message) -> dict[str, Any]:
    """Return what approvers read of a message, as JSON."""
    plan = None
    if message.is_split:
        plan = {
            "unit": message.share_unit,
            "rest_at": moment_of(message.rest_at),
            "winner": message.winner_id and message.letter_of(message.winner_id),
        }
    return {
        "list_id": message.list_id,
        "send_at": moment_of(message.send_at),
        "rules": audit_detail(message.sendout_rules),
        "personal_fields": message.personal_fields,
        "plan": plan,
        "versions": {message.letter_of(one.id): version_of(one) for one in message.versions},
    }


def moment_of(moment: datetime | None) -> str | None:
    """Return the instant as text, alike for every zone in which it was chosen."""
    return moment.astimezone(UTC).isoformat() if moment else None


def version_of(message: Message) -> dict[str, Any]:
    """Return what approvers read of one variant, or of a message that is not split."""
    try:
        mail = read(message.raw, limit=len(message.raw))
    except Unreadable:  # a limit that is newer than the message
        mail = AuthoredMail(message.subject, None, None, ())
    html = mail.html or ""
    return {
        "share": message.share,
        "subject": storable(mail.subject),
        "text": storable(mail.text or ""),
        "html": storable(text_of_html(html)),
        # Of what no approver can read: whether it is another one.
        "layout": sha256(html.encode("utf-8", "replace")).hexdigest(),
        "links": [storable(url) for url in dict.fromkeys(_URL.findall(html))][:MAX_UNITS],
        "attachments": [attachment_of(one) for one in mail.attachments],
    }


def attachment_of(attachment: Attachment) -> list[Any]:
    """Return an attachment's name, its size and a hash of its content."""
    return [
        storable(attachment.filename or attachment.content_type),
        attachment.size,
        sha256(attachment.content).hexdigest(),
    ]


def storable(text: str) -> str:
    """Return the text as JSONB takes it, without NUL and surrogates, and not too long."""
    return text[:TEXT_LIMIT].replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def compared(before: Change, after: Change) -> list[Change]:
    """Return every difference between two contents; none if approvers read the same."""
    changes = [
        {"part": part, "before": before[part], "after": after[part]}
        for part in ("send_at", "rules", "personal_fields", "plan")
        if before[part] != after[part]
    ]
    old, new = before["versions"], after["versions"]
    several = len(old) > 1 or len(new) > 1
    for letter in sorted({*old, *new}):
        found = compared_versions(old.get(letter, NO_VERSION), new.get(letter, NO_VERSION))
        changes += [{**one, "variant": letter} if several else one for one in found]
    return changes


NO_VERSION: Final[Change] = {
    "share": None,
    "subject": "",
    "text": "",
    "html": "",
    "layout": "",
    "links": [],
    "attachments": [],
}


def compared_versions(before: Change, after: Change) -> list[Change]:
    """Return every difference between two versions of a message."""
    changes: list[Change] = [
        {"part": part, "before": before[part], "after": after[part]}
        for part in ("share", "subject")
        if before[part] != after[part]
    ]
    for part in ("text", "html"):
        lines = difference(units(before[part]), units(after[part]))
        # Mail programs write the same text twice, as text and as HTML.
        if lines and all(lines != one.get("lines") for one in changes):
            changes.append({"part": part, "lines": lines})
    for part in ("links", "attachments"):
        removed = [one for one in before[part] if one not in after[part]][:MAX_LINES]
        added = [one for one in after[part] if one not in before[part]][:MAX_LINES]
        if removed or added:
            changes.append({"part": part, "removed": removed, "added": added})
    if before["layout"] != after["layout"] and all(
        before[part] == after[part] for part in ("html", "links")
    ):
        changes.append({"part": "layout"})
    return changes


def units(text: str) -> list[str]:
    """Return the lines of a text, and the sentences of its long lines, without blank ones."""
    sentences = (one for line in text.splitlines() for one in _SENTENCE_END.split(line.strip()))
    return [one for one in sentences if one]


def difference(before: Sequence[str], after: Sequence[str]) -> list[Line]:
    """Return the units that were removed and added, in order, with those around them."""
    if before == after:
        return []
    start = max(0, common(before, after) - CONTEXT)
    end = max(0, common(before[start:][::-1], after[start:][::-1]) - CONTEXT)
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    if max(len(old), len(new)) > MAX_UNITS:
        half = MAX_LINES // 2
        return [*signed("-", old[:half]), GAP, *signed("+", new[:half]), GAP]
    lines: list[Line] = []
    for group in SequenceMatcher(None, old, new).get_grouped_opcodes(CONTEXT):
        lines += [GAP] if lines else []
        for kind, old_from, old_to, new_from, new_to in group:
            if kind == "equal":
                lines += signed(" ", old[old_from:old_to])
                continue
            lines += signed("-", old[old_from:old_to]) + signed("+", new[new_from:new_to])
    return lines if len(lines) <= MAX_LINES else [*lines[:MAX_LINES], GAP]


def common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many units both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def signed(sign: str, texts: Sequence[str]) -> list[Line]:
    """Return each text as a line with this sign."""
    return [(sign, text[:MAX_LINE]) for text in texts]
