"""A letter context for tests: a mailbox and a phone network on this machine, or neither."""

from zoneinfo import ZoneInfo

from notifications.letters.context import LetterContext
from notifications.letters.keys import Keys
from notifications.mime.list_mail import CopySettings
from notifications.sms.twilio import TwilioAccount
from notifications.smtp.relay import Mailer, Relay
from sandbox.mailbox import Mailbox
from sandbox.phone import PhoneNetwork

KEYS = Keys(b"a secret for tests, of at least 32 characters")
REPLIES = "moderation@lists.example.org"
COPY_SETTINGS = CopySettings(
    "https://listgate.example.org",
    "unsubscribe@lists.example.org",
    "listgate@example.org",
)


def a_context(mailbox: Mailbox | None = None, network: PhoneNetwork | None = None) -> LetterContext:
    """Send to this mailbox and phone network; without a mailbox the relay is unavailable."""
    relay = Relay.from_url(mailbox.url if mailbox else "smtp://127.0.0.1:9", timeout=20)
    return LetterContext(
        mailer=Mailer(
            relay, "Listgate <listgate@example.org>", "bounces@example.org", COPY_SETTINGS
        ),
        twilio=a_twilio_account(network) if network else None,
        keys=KEYS,
        public_url="https://listgate.example.org",
        reply_address=REPLIES,
        time_zone=ZoneInfo("UTC"),
        sms_decision="allow",
        templates_dir=None,
    )


def a_twilio_account(network: PhoneNetwork) -> TwilioAccount:
    """Return the network's one account."""
    account = network.account
    return TwilioAccount(account.sid, account.token, account.number, url=network.url, timeout=20)
