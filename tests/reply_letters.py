"""Trigger the letters that answer replies by mail."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy.orm import Session

from models import Actor, Door, LetterName, ModerationRequest, Verdict
from workflows.inbound.answers import write_back
from workflows.moderation.decide import decide

DETAIL: Final[Mapping[LetterName, Mapping[str, str]]] = MappingProxyType(
    {
        LetterName.NOT_UNDERSTOOD: {"quote": "ok, but later", "why": "hesitation"},
        LetterName.TOO_LATE: {},
        LetterName.REPEATED: {"answer": "approved"},
        LetterName.OTHER_SENDER: {"sender": "mallory@example.org"},
    }
)


def trigger_reply_letter(
    session: Session, request: ModerationRequest, letter: LetterName, *, comment: str
) -> None:
    """Write to Grace, after Linus or she herself has rejected; nothing for other letters."""
    if letter not in DETAIL:
        return
    grace, linus = (keys.user for keys in request.approver_keys)
    if first := {LetterName.TOO_LATE: linus, LetterName.REPEATED: grace}.get(letter):
        actor = Actor(first, Door.PORTAL)
        decide(session, request, Verdict.REJECTED, actor=actor, comment=comment)
    write_back(session, request.approver_keys[0], letter, **DETAIL[letter])
