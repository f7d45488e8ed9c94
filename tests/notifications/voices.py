"""A voice for tests: real SMTP and Twilio's API, both pretended on this machine."""

from zoneinfo import ZoneInfo

from notifications.letters.context import Voice
from notifications.letters.keys import Keys
from notifications.sms.twilio import Phone
from notifications.smtp.relay import Mailer, Relay
from sandbox.mailbox import Mailbox
from sandbox.phone import PhoneNetwork

KEYS = Keys(b"a secret for tests, of at least 32 characters")
REPLIES = "moderation@lists.example.org"


def a_voice(mailbox: Mailbox | None = None, network: PhoneNetwork | None = None) -> Voice:
    """A voice that speaks to this mailbox and over this phone network; without one it is away."""
    relay = Relay.from_url(mailbox.url if mailbox else "smtp://127.0.0.1:9", timeout=5)
    return Voice(
        mailer=Mailer(relay, "Listgate <listgate@example.org>", "bounces@example.org"),
        phone=a_phone(network) if network else None,
        keys=KEYS,
        public_url="https://listgate.example.org",
        reply_address=REPLIES,
        time_zone=ZoneInfo("UTC"),
        templates_dir=None,
    )


def a_phone(network: PhoneNetwork) -> Phone:
    """A telephone of the network's one account."""
    account = network.account
    return Phone(account.sid, account.token, account.number, url=network.url, timeout=5)
