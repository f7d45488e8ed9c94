"""The state of the fake phone network: its account, every SMS, and the numbers that sent STOP."""

import secrets
import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, Literal

# https://help.twilio.com/articles/223134027: one of these words alone, in whatever case.
STOP: Final = {"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"}
START: Final = {"START", "YES", "UNSTOP"}
HELP: Final = {"HELP", "INFO"}
STOPPED: Final = (
    "You have successfully been unsubscribed. You will not receive any more messages from this "
    "number. Reply START to resubscribe."
)
STARTED: Final = (
    "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)
HELPED: Final = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."


@dataclass(frozen=True)
class Account:
    """The only account, with its credentials and sender."""

    sid: str = "AC" + "0123456789abcdef" * 2
    token: str = field(default="sandbox-auth-token", repr=False)
    number: str = "+15005550006"
    service: str = "MG" + "fedcba9876543210" * 2


@dataclass(frozen=True)
class Sms:
    """One SMS with its status; a later status is another Sms with the same sid."""

    sid: str
    to: str
    sender: str
    body: str
    direction: Literal["outbound-api", "outbound-reply", "inbound"] = "outbound-api"
    status: str = "queued"
    error_code: int | None = None
    service: str | None = None
    callback: str | None = None
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    sent_at: datetime | None = None

    @property
    def phone(self) -> str:
        """The person's number."""
        return self.sender if self.direction == "inbound" else self.to


class Exchange:
    """The SMS; shared by the threads of the API, the pages and the test."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._lock = threading.Lock()
        self._messages: dict[str, Sms] = {}
        self._stopped: set[str] = set()

    def add(self, sms: Sms) -> bool:
        """Store an SMS unless its sid is known; return whether it is new."""
        with self._lock:
            return self._messages.setdefault(sms.sid, sms) is sms

    def move(self, sid: str, status: str, *, error_code: int | None = None) -> Sms:
        """Set the status of an SMS; raise KeyError for an unknown one."""
        with self._lock:
            sms = self._messages[sid]
            sent_at = sms.sent_at or (datetime.now(UTC) if status != "failed" else None)
            sms = replace(sms, status=status, error_code=error_code, sent_at=sent_at)
            self._messages[sid] = sms
            return sms

    def all(self) -> list[Sms]:
        """Oldest first, both directions."""
        with self._lock:
            return list(self._messages.values())

    def get(self, sid: str) -> Sms | None:
        with self._lock:
            return self._messages.get(sid)

    def has_stopped(self, number: str) -> bool:
        with self._lock:
            return number in self._stopped

    def hear(self, sms: Sms) -> None:
        """Store an inbound SMS, and handle STOP, START and HELP as Twilio does."""
        if not self.add(sms):
            return
        word = sms.body.strip().upper()
        if word in STOP:
            self._answer(sms, STOPPED)
            with self._lock:
                self._stopped.add(sms.sender)
        elif word in START and self.has_stopped(sms.sender):
            with self._lock:
                self._stopped.discard(sms.sender)
            self._answer(sms, STARTED)
        elif word in HELP:
            self._answer(sms, HELPED)

    def reply(self, sms: Sms, body: str) -> None:
        """Answer an SMS, unless its sender has sent STOP."""
        if not self.has_stopped(sms.sender):
            self._answer(sms, body)

    def forget(self) -> None:
        """Delete all SMS and STOPs."""
        with self._lock:
            self._messages.clear()
            self._stopped.clear()

    def _answer(self, sms: Sms, body: str) -> None:
        answer = Sms(
            new_sid(),
            to=sms.sender,
            sender=sms.to,
            body=body,
            direction="outbound-reply",
            status="delivered",
            sent_at=datetime.now(UTC),
        )
        self.add(answer)


def new_sid() -> str:
    """Return a random MessageSid."""
    return "SM" + secrets.token_hex(16)
