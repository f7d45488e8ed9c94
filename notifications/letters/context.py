"""What a letter is composed with: channels, keys, and our own addresses and URLs."""

from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from models.addresses import with_detail
from notifications.letters.keys import Keys
from notifications.sms.twilio import TwilioAccount
from notifications.smtp.relay import Mailer
from settings import Settings
from settings.types import SmsDecision

STATUS_PATH = "/webhooks/twilio/status"


@dataclass(frozen=True)
class LetterContext:
    """The operator's choices that letters depend on."""

    mailer: Mailer
    twilio: TwilioAccount | None  # None: no SMS can be sent
    keys: Keys
    public_url: str
    reply_address: str
    time_zone: ZoneInfo
    sms_decision: SmsDecision
    templates_dir: Path | None

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """Return the context for these settings; raise ValueError if SECRET_KEY is too short."""
        return cls(
            mailer=Mailer.from_settings(settings),
            twilio=twilio_account(settings) if settings.twilio_account_sid else None,
            keys=Keys.from_settings(settings),
            public_url=settings.public_url,
            reply_address=settings.reply_address,
            time_zone=settings.zone_info,
            sms_decision=settings.sms_decision,
            templates_dir=settings.templates_dir,
        )

    def reply_to(self, approver_keys_id: int) -> str:
        """Return the address at which one approver answers one request by mail."""
        return with_detail(self.reply_address, self.keys.reply_token(approver_keys_id))

    def mailto(self, approver_keys_id: int, *, subject: str, verb: str) -> str:
        """Return a mailto: link with the answer filled in (RFC 6068)."""
        query = urlencode({"subject": subject, "body": f"{verb}\n"}, quote_via=quote)
        return f"mailto:{quote(self.reply_to(approver_keys_id), safe='@')}?{query}"

    def link(self, approver_keys_id: int) -> str:
        """Return the URL of one approver's decision page for one request."""
        return f"{self.public_url}/answer/{self.keys.link_token(approver_keys_id)}"

    def mailed_link(self, link_id: int) -> str:
        """Return the URL that completes a log-in, a reset or an invitation."""
        return f"{self.public_url}/link/{self.keys.mailed_token(link_id)}"

    def page(self, request_id: int) -> str:
        """Return the URL where approvers who are logged in read and answer a request."""
        return f"{self.public_url}/requests/{request_id}"

    def message_page(self, message_id: int) -> str:
        """Return the URL where authors see the state of their message."""
        return f"{self.public_url}/messages/{message_id}"

    def doubts_page(self, message_id: int) -> str:
        """Return the URL where the copies in doubt of a message are listed."""
        return f"{self.message_page(message_id)}/doubts"

    def person_page(self, user_id: int) -> str:
        """Return the URL where administrators change a person's contact data."""
        return f"{self.public_url}/users/{user_id}"

    def suspensions_page(self, list_id: int) -> str:
        """Return the URL where the suspended members of a list are shown and resumed."""
        return f"{self.public_url}/mailing-lists/{list_id}/suspensions"

    def subscription_requests_page(self, list_id: int) -> str:
        """Return the URL where the requests to join a list are answered."""
        return f"{self.public_url}/mailing-lists/{list_id}/requests"

    @property
    def my_lists_page(self) -> str:
        """The URL where members see, join and leave lists."""
        return f"{self.public_url}/my/lists"

    def held_push_page(self, list_id: int) -> str:
        """Return the URL where a held push is shown and confirmed."""
        return f"{self.public_url}/mailing-lists/{list_id}/pushes/confirmation"

    @property
    def own_addresses(self) -> frozenset[str]:
        """Our addresses, in lower case: mail from one of them is a loop."""
        ours = (self.mailer.mail_from, self.mailer.envelope_sender, self.reply_address)
        return frozenset(parseaddr(address)[1].lower() for address in ours)


def twilio_account(settings: Settings) -> TwilioAccount:
    """Return the Twilio account of these settings."""
    return TwilioAccount(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token.get_secret_value(),
        sender=settings.twilio_sender,
        url=settings.twilio_url,
        status_callback=settings.public_url + STATUS_PATH,
    )
