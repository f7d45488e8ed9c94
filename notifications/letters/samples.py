"""Made-up facts for every letter, to look at a template without sending anything."""

from collections.abc import Mapping
from typing import Any

from models import LetterName

_MESSAGE = {
    "recipient": "Grace Hopper",
    "author": "Ada Lovelace",
    "list": "announce",
    "list_name": "Announcements",
    "subject": "General assembly on 3 February: you are invited",
    "message_id": 42,
    "send_at": "31 Jan 2027, 09:00 CET",
    "rate": "at most 500 every 30 minutes",
    "window": "08:00-20:00 (Europe/Paris)",
}

_QUESTION = {
    "request_id": 12,
    "asked_at": "20 Jan 2027, 10:12:00 CET",
    "code": "482193",
    "reply_address": "moderation+abcdefghijklmnopqrstuvwxyz@lists.example.org",
    "approve_by_mail": "mailto:moderation+abc@lists.example.org?subject=Re%3A%20&body=OK",
    "reject_by_mail": "mailto:moderation+abc@lists.example.org?subject=Re%3A%20&body=NO%3A%20",
    "link": "https://listgate.example.org/answer/abcdefghijklmnopqrstuvwxyz",
    "page": "https://listgate.example.org/requests/12",
}

_ANSWER = {
    "state": "decided",
    "approver": "Linus Torvalds",
    "verdict": "rejected",
    "comment": "The date is a Sunday.\nPlease correct it.",
    "decided_at": "20 Jan 2027, 11:00:00 CET",
}

_LIST = {"recipient": "Barbara Liskov", "list": "announce", "list_name": "Announcements"}

_ACCESS = {
    "recipient": "Edsger Dijkstra",
    "link": "https://listgate.example.org/link/abcdefghijklmnopqrstuvwxyz",
    "expires_at": "20 Jan 2027, 10:27:00 CET",
}

SAMPLES: Mapping[LetterName, Mapping[str, Any]] = {
    LetterName.MODERATE: {**_MESSAGE, **_QUESTION},
    LetterName.REMINDER: {**_MESSAGE, **_QUESTION},
    LetterName.DECIDED: {**_MESSAGE, **_ANSWER},
    LetterName.WITHDRAWN: _MESSAGE,
    LetterName.EXPIRED: {**_MESSAGE, "to_author": True},
    LetterName.APPROVED: {**_MESSAGE, **_ANSWER, "verdict": "approved", "comment": ""},
    LetterName.REJECTED: {**_MESSAGE, **_ANSWER},
    LetterName.RETURNED: _MESSAGE,
    LetterName.STOPPED: {
        **_MESSAGE,
        "stopped_by": "Barbara Liskov",
        "page": "https://listgate.example.org/messages/42",
    },
    LetterName.PROOF: _MESSAGE,
    LetterName.NOT_UNDERSTOOD: {**_MESSAGE, **_QUESTION},
    LetterName.TOO_LATE: {**_MESSAGE, **_ANSWER},
    LetterName.LOG_IN: _ACCESS,
    LetterName.RESET: _ACCESS,
    LetterName.INVITATION: _ACCESS,
    LetterName.CONFIRM_ADDRESS: _ACCESS,
    LetterName.PASSWORD_CHANGED: {"recipient": "Edsger Dijkstra", "account": True},
    LetterName.ADDRESS_CHANGED: {"recipient": "Edsger Dijkstra", "account": True},
    LetterName.PHONE_LOCKED: {
        "recipient": "Barbara Liskov",
        "person": "Grace Hopper",
        "page": "https://listgate.example.org/users/7",
    },
    LetterName.SYNC_HELD: {
        **_LIST,
        "removals": 420,
        "before": 1000,
        "after": 580,
        "page": "https://listgate.example.org/mailing-lists/3/pushes/confirmation",
    },
    LetterName.SYNC_FAILING: {
        **_LIST,
        "failures": 3,
        "reason": "The command ended with exit status 255.",
        "stderr": "ssh: connect to host mail.example.org port 22: No route to host",
    },
    LetterName.SYNC_RECOVERED: {**_LIST, "failures": 3},
}
