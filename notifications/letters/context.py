"""Everything a letter needs besides its words: channels, keys, and our own addresses."""

from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from notifications.letters.keys import Keys
from notifications.sms.twilio import Phone
from notifications.smtp.relay import Mailer
from settings import Settings

STATUS_PATH = "/webhooks/twilio/status"


@dataclass(frozen=True)
class Voice:
    """How Listgate speaks to people; `phone` is None where no SMS can be sent."""

    mailer: Mailer
    phone: Phone | None
    keys: Keys
    public_url: str
    reply_address: str
    time_zone: ZoneInfo
    templates_dir: Path | None

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The voice that the operator has configured."""
        return cls(
            mailer=Mailer.from_settings(settings),
            phone=phone(settings) if settings.twilio_account_sid else None,
            keys=Keys.from_settings(settings),
            public_url=settings.public_url,
            reply_address=settings.reply_address,
            time_zone=settings.zone_info,
            templates_dir=settings.templates_dir,
        )

    def reply_to(self, invitation_id: int) -> str:
        """The address at which this approver answers this request by mail."""
        name, _, domain = self.reply_address.rpartition("@")
        return f"{name}+{self.keys.reply_token(invitation_id)}@{domain}"

    def mailto(self, invitation_id: int, *, subject: str, verb: str) -> str:
        """A link that opens a mail in which the answer is already written (RFC 6068)."""
        filled = urlencode({"subject": subject, "body": f"{verb}\n"}, quote_via=quote)
        return f"mailto:{quote(self.reply_to(invitation_id), safe='@')}?{filled}"

    def link(self, invitation_id: int) -> str:
        """The decision page of this approver and this request."""
        return f"{self.public_url}/answer/{self.keys.link_token(invitation_id)}"

    def mailed_link(self, link_id: int) -> str:
        """The page where a log-in, a reset or an invitation goes on."""
        return f"{self.public_url}/link/{self.keys.mailed_token(link_id)}"

    def page(self, request_id: int) -> str:
        """Where approvers who are logged in read and answer a request."""
        return f"{self.public_url}/requests/{request_id}"

    def message_page(self, message_id: int) -> str:
        """Where its author sees how far a message has come."""
        return f"{self.public_url}/messages/{message_id}"

    def person_page(self, user_id: int) -> str:
        """Where administrators change how a person is reached."""
        return f"{self.public_url}/users/{user_id}"

    def held_push_page(self, list_id: int) -> str:
        """Where a push that is held is looked at and confirmed."""
        return f"{self.public_url}/mailing-lists/{list_id}/pushes/confirmation"

    @property
    def own_addresses(self) -> frozenset[str]:
        """Ours; a mail that comes from one of them is a loop."""
        ours = (self.mailer.mail_from, self.mailer.envelope_sender, self.reply_address)
        return frozenset(parseaddr(one)[1].lower() for one in ours)


def phone(settings: Settings) -> Phone:
    """The telephone that the operator has configured."""
    return Phone(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        sender=settings.twilio_sender,
        url=settings.twilio_url,
        status_callback=settings.public_url + STATUS_PATH,
    )
