"""What e-mail needs besides a relay: whom it is from, and where it bounces to."""

from dataclasses import dataclass

from notifications.smtp.relay import Relay
from settings import Settings


@dataclass(frozen=True)
class Mailer:
    """The relay, and the two addresses that letters and sendouts carry."""

    relay: Relay
    mail_from: str  # the From field of letters: `Name <address>`
    envelope_sender: str  # where bounces of letters and sendouts return to

    @classmethod
    def from_settings(cls, settings: Settings) -> "Mailer":
        """The mailer that the operator has configured."""
        return cls(
            relay=Relay.from_url(
                settings.smtp_url.get_secret_value(),
                timeout=settings.smtp_timeout,
                verify=settings.smtp_verify,
            ),
            mail_from=settings.mail_from,
            envelope_sender=settings.envelope_sender,
        )
