"""How the subjects of absence notes, receipts and bounces begin, in English, French and German."""

import re
from email import policy
from typing import Final

from notifications.replies.reply_words import cleaned, folded

# Each is the beginning of a subject: "urlaub" is that of "Urlaubsmeldung", too.
ABSENCES: Final = (
    *("out of office", "out of the office", "out-of-office", "ooo:", "i am away", "on leave"),
    *("i am out of the office", "i'm out of the office", "i am out of office", "on holiday"),
    *("away from my mail", "away from the office", "vacation", "on vacation", "annual leave"),
    *("automatic reply", "automatic response", "automated reply", "automated response", "auto:"),
    *("auto reply", "auto-reply", "autoreply", "auto response", "auto-response", "autoresponse"),
    *("reponse automati", "message automatique", "absence", "absent", "hors du bureau"),
    *("message d'absence", "notification d'absence", "avis d'absence", "en conge", "en vacances"),
    *("je suis absent", "je suis en conge", "je suis en vacances", "conges"),
    *("automatische antwort", "automatische ruckantwort", "automatische e-mail", "autoantwort"),
    *("auto-antwort", "abwesend", "abwesenheit", "derzeit abwesend", "ich bin abwesend"),
    *("ausser haus", "nicht im buro", "nicht im haus", "ich bin nicht im", "ich bin im urlaub"),
    *("im urlaub", "urlaub"),
)

RECEIPTS: Final = (
    *("read:", "not read:", "delivered:", "relayed:", "recalled:", "read receipt"),
    *("return receipt", "lu :", "lu:", "non lu :", "non lu:", "remis :", "remis:"),
    *("accuse de reception", "confirmation de lecture", "gelesen:", "ungelesen:", "zugestellt:"),
    *("lesebestatigung", "empfangsbestatigung", "ubermittlungsbestatigung", "zustellbestatigung"),
)

FAILURES: Final = (
    *("undeliver", "nondeliver", "non-deliver", "returned mail", "mail system error"),
    *("mail delivery fail", "mail delivery s", "delivery failure", "delivery has failed"),
    *("delivery status notification (fail", "delivery notification", "failure notice"),
    *("non remis", "non distribuable", "echec de la remise", "echec de remise"),
    *("echec de livraison", "echec de la livraison", "avis de non", "notification d'echec"),
    *("message non distribue", "message non remis", "retour de courrier"),
    *("unzustellbar", "nicht zustellbar", "nachricht nicht zugestellt", "zustellfehler"),
    *("zustellung fehlgeschlagen", "fehlgeschlagene zustellung", "fehler bei der zustellung"),
)

DELAYS: Final = (
    *("delivery status notification (delay", "delivery delayed", "delayed mail", "delayed:"),
    *("warning: message", "warning: could not send", "message delayed"),
    *("remise retardee", "message retarde", "retard de remise", "retarde", "avis de retard"),
    *("zustellung verzogert", "nachricht verzogert", "verzogert"),
)

# What a filter on the way puts in front: [EXTERN], ***SPAM***.
_TAG = re.compile(r"(?:\[[^\]]{1,30}\]|\*{2,}[^*]{1,30}\*{2,}) *")

# Notes puts the person's name first.  (A colon would make it the subject of somebody's message.)
_SOMEBODY_IS_AWAY = re.compile(
    r"[^:]{1,60} (?:(?:is|am) (?:currently )?out of (?:the )?office|ist ausser haus"
    r"|est absent(?:e|\(e\))?|ist abwesend|ist (?:derzeit )?nicht im (?:haus|buro))\b"
)

_LOOK: Final = 1_000  # characters, encoded

_APOSTROPHE = re.compile("[\u2019\u02bc]")


def decoded_start(subject: str) -> str:
    """What RFC 2047 encodes, as far as it matters: the email package is slow with long subjects."""
    return str(policy.default.header_factory("Subject", subject[:_LOOK]))


def tells_of_a_machine(subject: str) -> bool:
    """Whether no person wrote under this subject.

    Only its start tells: people's replies begin with "Re:" or its like, whatever our own letter,
    and the message it is about, had as their subject.
    """
    return begins_with(subject, (*ABSENCES, *RECEIPTS, *FAILURES, *DELAYS)) or bool(
        _SOMEBODY_IS_AWAY.match(_start(subject))
    )


def begins_with(subject: str, openings: tuple[str, ...]) -> bool:
    return _start(subject).startswith(openings)


def _start(subject: str) -> str:
    start = _APOSTROPHE.sub("'", folded(cleaned(subject)[:200]))
    return _TAG.sub("", start, count=2) if start.startswith(("[", "*")) else start
