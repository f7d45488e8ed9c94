"""Sample variables for every letter, to preview a template without sending anything."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from models import Failure, Language, LetterName, Rate, SendoutRules, Window
from notifications.letters.reply_reasons import reason
from notifications.replies.parse import Why
from notifications.wording.change_words import Reader, change_words
from notifications.wording.failures import failure_sentence
from notifications.wording.languages import format_day, format_moment
from notifications.wording.sendout_words import pace_words, window_words

_ZONE = ZoneInfo("Europe/Paris")

# What an organisation of each language would have typed: list, subject, comment; and what a push
# command would have written.
_TYPED = {
    Language.ENGLISH: {
        "list": "announce",
        "list_name": "Announcements",
        "subject": "General assembly on 3 February: you are invited",
        "comment": "The date is a Sunday.\nPlease correct it.",
        "refusal": "This list is for teachers only.",
        "reply": "OK - but please change the date first",
        "stderr": "No route to host",
    },
    Language.FRENCH: {
        "list": "annonces",
        "list_name": "Annonces",
        "subject": "Assemblée générale du 3 février : invitation",
        "comment": "La date tombe un dimanche.\nMerci de la corriger.",
        "refusal": "Cette liste est réservée aux enseignants.",
        "reply": "OK, mais changez d'abord la date",
        "stderr": "Aucun chemin d'accès pour atteindre l'hôte cible",
    },
    Language.GERMAN: {
        "list": "verein",
        "list_name": "Ankündigungen",
        "subject": "Mitgliederversammlung am 3. Februar: Einladung",
        "comment": "Das Datum ist ein Sonntag.\nBitte korrigieren.",
        "refusal": "Diese Liste ist nur für Lehrkräfte.",
        "reply": "OK, aber bitte erst das Datum ändern",
        "stderr": "Keine Route zum Zielrechner",
    },
}


_STOPPED = {
    "stopped_by": "Barbara Liskov",
    "page": "https://listgate.example.org/messages/42",
}
_SENT_BACK = {
    "verdict": "sent_back",
    "page": "https://listgate.example.org/messages/42",
}
_DOUBTS = {
    "failed": 12,
    "uncertain": 2,
    "total": 180,
    "page": "https://listgate.example.org/messages/42/doubts",
}
_PHONE_LOCKED = {
    "recipient": "Barbara Liskov",
    "person": "Grace Hopper",
    "page": "https://listgate.example.org/users/7",
}


@cache
def samples(language: Language) -> Mapping[LetterName, Mapping[str, Any]]:
    """Return the variables of every letter, in the words of this language."""
    message, request = _message(language), _request(language)
    decision, link = _decision(language), _link(language)
    account = {"recipient": "Edsger Dijkstra", "account": True}
    return {
        LetterName.MODERATE: {**message, **request, **_changes(language)},
        LetterName.REMINDER: {**message, **request, **_changes(language), **_absence(language)},
        LetterName.DIGEST: _digest(language),
        LetterName.DECIDED: {**message, **decision},
        LetterName.WITHDRAWN: message,
        LetterName.EXPIRED: {**message, "to_author": True},
        LetterName.APPROVED: {**message, **decision, "verdict": "approved", "comment": ""},
        LetterName.REJECTED: {**message, **decision},
        LetterName.SENT_BACK: {**message, **decision, **_SENT_BACK},
        LetterName.RETURNED: message,
        LetterName.STOPPED: {**message, **_STOPPED},
        LetterName.DOUBTS: {**message, **_DOUBTS},
        LetterName.WINNER: {**message, "page": _STOPPED["page"]},
        LetterName.PROOF: message,
        LetterName.LOG_IN: link,
        LetterName.RESET: link,
        LetterName.INVITATION: link,
        LetterName.CONFIRM_ADDRESS: link,
        LetterName.PASSWORD_CHANGED: account,
        LetterName.ADDRESS_CHANGED: account,
        LetterName.RECOVERY_CODE_USED: {**account, "left": 9},
        LetterName.PHONE_LOCKED: _PHONE_LOCKED,
        **_replies(language),
        **_pushes(language),
        **_subscription_requests(language),
    }


def _moment(day: int, hour: int, language: Language) -> str:
    return format_moment(datetime(2027, 1, day, hour, tzinfo=UTC), language, _ZONE)


def _message(language: Language) -> Mapping[str, Any]:
    """Return the variables about a message."""
    return {
        "recipient": "Grace Hopper",
        "author": "Ada Lovelace",
        "list": _TYPED[language]["list"],
        "list_name": _TYPED[language]["list_name"],
        "subject": _TYPED[language]["subject"],
        "message_id": 42,
        "rest_of": 41,
        "recipients": 180,
        "personal_fields": True,
        "send_at": _moment(31, 8, language),
        "split": [
            f"A: {_TYPED[language]['subject']}",
            f"B: {_TYPED[language]['subject']}",
        ],
        "rate": pace_words(SendoutRules(Rate(500, 30)), language),
        "window": window_words([Window.read("08:00-20:00")], _ZONE, language),
    }


def _request(language: Language) -> Mapping[str, Any]:
    """Return the variables about a request and its approver's keys."""
    return {
        "request_id": 12,
        "asked_at": _moment(20, 9, language),
        "code": "482193",
        "sms_decision": "allow",
        "reply_address": "moderation+abcdefghijklmnopqrstuvwxyz@lists.example.org",
        "approve_by_mail": "mailto:moderation+abc@lists.example.org?subject=Re%3A%20&body=OK",
        "reject_by_mail": "mailto:moderation+abc@lists.example.org?subject=Re%3A%20&body=NO%3A%20",
        "send_back_by_mail": "mailto:moderation+abc@lists.example.org?subject=Re%3A%20"
        "&body=CHANGES%3A%20",
        "link": "https://listgate.example.org/answer/abcdefghijklmnopqrstuvwxyz",
        "page": "https://listgate.example.org/requests/12",
        "absence": None,
    }


def _absence(language: Language) -> Mapping[str, Any]:
    """Return the variable about the person in whose place a deputy is asked."""
    last_day = format_day(date(2027, 1, 31), language)
    return {"absence": {"name": "Linus Torvalds", "last_day": last_day}}


def _changes(language: Language) -> Mapping[str, Any]:
    """Return the variables about a message that was sent back and changed."""
    subject = _TYPED[language]["subject"]
    change = {"part": "subject", "before": subject.replace("3", "7"), "after": subject}
    return {
        "sent_back_by": "Linus Torvalds",
        "sent_back_comment": _TYPED[language]["comment"],
        "changes": change_words([change], Reader(language, str)),
    }


def _digest(language: Language) -> Mapping[str, Any]:
    """Return the variables of a digest."""
    message, request = _message(language), _request(language)
    entry = {name: message[name] for name in ("subject", "author", "list", "list_name")}
    return {
        "recipient": message["recipient"],
        "requests": [{**entry, "link": request["link"]}] * 2,
        "page": "https://listgate.example.org/requests",
        "approver": True,
    }


def _decision(language: Language) -> Mapping[str, Any]:
    """Return the variables about a decision."""
    return {
        "state": "decided",
        "approver": "Linus Torvalds",
        "verdict": "rejected",
        "comment": _TYPED[language]["comment"],
        "decided_at": _moment(20, 10, language),
    }


def _replies(language: Language) -> Mapping[LetterName, Mapping[str, Any]]:
    """Return the variables of the letters that answer replies."""
    message, request, decision = _message(language), _request(language), _decision(language)
    return {
        LetterName.NOT_UNDERSTOOD: {
            **message,
            **request,
            "quote": _TYPED[language]["reply"],
            "reason": reason(Why.HESITATION, language),
        },
        LetterName.TOO_LATE: {**message, **decision},
        LetterName.REPEATED: {
            **message,
            **decision,
            "approver": "Grace Hopper",
            "answer": "approved",
        },
        LetterName.OTHER_SENDER: {
            **message,
            **request,
            "sender": "hopper@example.com",
            "address": "grace@example.org",
            "open": True,
        },
    }


def _link(language: Language) -> Mapping[str, Any]:
    """Return the variables about an account link."""
    return {
        "recipient": "Edsger Dijkstra",
        "link": "https://listgate.example.org/link/abcdefghijklmnopqrstuvwxyz",
        "expires_at": _moment(20, 11, language),
    }


def _subscription_requests(language: Language) -> Mapping[LetterName, Mapping[str, Any]]:
    """Return the variables of the letters about requests to join."""
    list_ = {"list": _TYPED[language]["list"], "list_name": _TYPED[language]["list_name"]}
    return {
        LetterName.SUBSCRIPTION_REQUEST: {
            **list_,
            "recipient": "Barbara Liskov",
            "person": "Edsger Dijkstra",
            "address": "edsger@example.org",
            "page": "https://listgate.example.org/mailing-lists/3/requests",
        },
        LetterName.SUBSCRIPTION_ANSWER: {
            **list_,
            "recipient": "Edsger Dijkstra",
            "state": "declined",
            "comment": _TYPED[language]["refusal"],
            "page": "https://listgate.example.org/my/lists",
        },
    }


def _pushes(language: Language) -> Mapping[LetterName, Mapping[str, Any]]:
    """Return the variables of the letters about members and pushes."""
    stderr = f"mail.example.org: {_TYPED[language]['stderr']}"
    list_ = {
        "recipient": "Barbara Liskov",
        "list": _TYPED[language]["list"],
        "list_name": _TYPED[language]["list_name"],
    }
    return {
        LetterName.SUSPENDED: {
            **list_,
            "suspended": 12,
            "page": "https://listgate.example.org/mailing-lists/3/suspensions",
        },
        LetterName.SYNC_HELD: {
            **list_,
            "removals": 420,
            "before": 1000,
            "after": 580,
            "page": "https://listgate.example.org/mailing-lists/3/pushes/confirmation",
        },
        LetterName.SYNC_FAILING: {
            **list_,
            "failures": 3,
            "reason": failure_sentence(Failure.EXIT_STATUS, 255, language),
            "stderr": stderr,
        },
        LetterName.SYNC_RECOVERED: {**list_, "failures": 3, "stderr": stderr},
    }
