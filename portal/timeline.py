"""The audit trail in sentences."""

from collections.abc import Callable, Mapping
from typing import Any

from models import Act, AuditEntry


def sentence(entry: AuditEntry) -> str:
    """One act, as a person would tell it."""
    return f"{entry.actor} {told(entry.act, entry.detail)}"


def told(act: str, detail: Mapping[str, Any]) -> str:
    """What was done; an act that another version wrote is told in its own word."""
    try:
        return SENTENCES[Act(act)](detail)
    except (KeyError, TypeError, ValueError):
        return act.replace("_", " ")


def with_reason(verb: str) -> Callable[[Mapping[str, Any]], str]:
    """A verdict, with its comment if there is one."""
    return lambda detail: f"{verb}: {detail['comment']}" if detail["comment"] else verb


def request(detail: Mapping[str, Any]) -> str:
    """A request by its number."""
    return f"request {detail['request_id']}"


def count(number: int, noun: str) -> str:
    """A number and its noun in the right form."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def outcome(detail: Mapping[str, Any]) -> str:
    """How many deliveries ended how."""
    return ", ".join(f"{number} {state}" for state, number in sorted(detail.items())) or "nobody"


SENTENCES: Mapping[Act, Callable[[Mapping[str, Any]], str]] = {
    Act.WROTE: lambda _: "wrote the message",
    Act.REWROTE: lambda _: "changed the draft",
    Act.DISCARDED: lambda _: "deleted the draft",
    Act.RESCHEDULED: lambda _: "set another time for the sendout",
    Act.ASKED: lambda detail: f"asked for approval ({request(detail)})",
    Act.NOTIFIED: lambda detail: (
        f"sent {detail['letter']} to {detail['user']} by {detail['channel']}"
    ),
    Act.NOT_NOTIFIED: lambda detail: (
        f"could not send {detail['letter']} to {detail['user']}: {detail['reason']}"
    ),
    Act.APPROVED: with_reason("approved"),
    Act.REJECTED: with_reason("rejected"),
    Act.REMINDED: lambda detail: f"reminded the approvers of {request(detail)}",
    Act.ESCALATED: lambda detail: f"asked the second approver list ({request(detail)})",
    Act.EXPIRED: lambda detail: f"ended {request(detail)}: nobody answered in time",
    Act.VIEWED: lambda detail: f"read the message ({request(detail)})",
    Act.WITHDREW: lambda detail: f"withdrew {request(detail)}",
    Act.RELEASED: lambda _: "released the message with Right 601",
    Act.RECALLED: lambda _: "recalled the message",
    Act.RETURNED: lambda _: "returned the message: its content is not what was approved",
    Act.BEGAN_SENDING: lambda detail: (
        f"began to send to {count(detail['recipients'], 'recipient')}"
    ),
    Act.FINISHED_SENDING: lambda detail: f"finished sending: {outcome(detail)}",
    Act.STOPPED_SENDING: lambda _: "stopped the sendout",
    Act.LOST_SIGHT: lambda detail: (
        f"cannot know whether {count(detail['deliveries'], 'recipient')} got it: a worker died"
    ),
    Act.REFUSED: lambda detail: f"was refused: {detail['sentence']}",
}
