"""What the environment decides, read once.

Every field is one environment variable of the same name in capitals; `.env.example` lists them all.
"""

import os
import sys
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from setting_values import Duration, broker, mailbox, origin, relay, with_driver, zone


class Settings(BaseSettings):
    """All that an operator decides; wrong values stop every process at its start."""

    model_config = SettingsConfigDict(
        env_file=os.environ.get("LISTGATE_ENV_FILE", ".env") or None,
        extra="ignore",  # a .env file is often shared, with docker compose for one
        frozen=True,
    )

    database_url: Annotated[SecretStr, AfterValidator(with_driver)] = Field(
        SecretStr("postgresql:///listgate"),
        validate_default=True,
        description="PostgreSQL 15 or newer: postgresql://user:password@host:port/database",
    )
    redis_url: Annotated[SecretStr, AfterValidator(broker)] = Field(
        SecretStr("redis://localhost:6379/0"),
        description="Valkey or Redis 6.2 or newer, for the queues and the results of public tasks; "
        "give Listgate a database number of its own",
    )
    smtp_url: Annotated[SecretStr, AfterValidator(relay)] = Field(
        SecretStr("smtp://localhost:25"),
        description="The mail relay: smtp://user:password@host:port, or smtps:// for TLS from the "
        "first byte; with smtp://, STARTTLS is used when it is offered",
    )
    smtp_timeout: float = Field(
        10, gt=0, le=30, description="Seconds to wait for one answer of the mail relay"
    )
    smtp_verify: bool = Field(
        True, description="Check the relay's certificate; turn off only for a relay on this machine"
    )
    mail_from: Annotated[str, AfterValidator(mailbox)] = Field(
        "Listgate <listgate@example.org>", description="Whom our letters are from"
    )
    bounce_address: Annotated[str, AfterValidator(mailbox)] | None = Field(
        None,
        description="Where failed deliveries are returned to (the envelope sender); "
        "without it, the address of MAIL_FROM",
    )
    message_max_bytes: int = Field(
        25_000_000, gt=0, description="The largest message an author may submit, in bytes"
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="At least 32 random characters, the same for every process: reply addresses, "
        "codes and links are made from it; changing it voids those that are on their way",
    )
    public_url: Annotated[str, AfterValidator(origin)] = Field(
        "http://localhost:8000",
        description="Where people and Twilio reach the web pages, as they see it: "
        "https://listgate.example.org",
    )
    reply_address: Annotated[str, AfterValidator(mailbox)] = Field(
        "moderation@example.org",
        description="Approvers answer to this address with a +token in it; the mail server hands "
        "what comes for it to `listgate lmtp` or `listgate receive-mail`",
    )
    twilio_account_sid: str = Field("", description="Twilio's account; without it no SMS is sent")
    twilio_auth_token: SecretStr = Field(
        SecretStr(""), description="Its token, which also signs what Twilio tells us"
    )
    twilio_sender: str = Field(
        "", description="A Messaging Service (MG...) or a number of yours (+...)"
    )
    twilio_url: str = Field(
        "https://api.twilio.com", description="Twilio's API; another address only in a sandbox"
    )
    sms_decision: Literal["allow", "after_view", "off"] = Field(
        "allow",
        description="Whether an SMS may decide: always, only after the approver has logged in and "
        "opened the message, or never",
    )
    remind_after: Duration = Field(
        timedelta(hours=24), description="When approvers are reminded: 90m, 24h, 2d"
    )
    escalate_after: Duration = Field(
        timedelta(hours=48),
        description="When the list's second approver list is asked too, if it names one",
    )
    expire_after: Duration = Field(
        timedelta(days=7), description="When an unanswered request ends and the author is told"
    )
    templates_dir: Path | None = Field(
        None,
        description="Letters of your own: <list>/<letter>/body.txt before <letter>/body.txt before "
        "ours",
    )
    time_zone: Annotated[str, AfterValidator(zone)] = Field(
        "UTC", description="In which zone letters tell the time: Europe/Paris"
    )
    lmtp_address: str = Field(
        "127.0.0.1:8024", description="Where `listgate lmtp` listens: host:port, or a socket's path"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="How much is logged"
    )
    log_format: Literal["json", "console"] = Field(
        "json", description="One JSON object per line for machines, or coloured lines for people"
    )

    @property
    def envelope_sender(self) -> str:
        """The bare address that bounces of letters and sendouts return to."""
        return parseaddr(self.bounce_address or self.mail_from)[1]


# sysexits.h: try again later.  Any other code would have a mail server, which runs `listgate
# receive-mail`, send the mail back to its author because of an operator's slip.
TRY_AGAIN = 75


def read() -> Settings:
    """Read the settings, or end the process with a sentence for each that is wrong."""
    try:
        return Settings()
    except ValidationError as wrong:
        for error in wrong.errors(include_input=False, include_url=False):
            name = ".".join(str(part) for part in error["loc"]).upper()
            print(f"{name}: {error['msg'].removeprefix('Value error, ')}", file=sys.stderr)
        raise SystemExit(TRY_AGAIN) from None


settings = read()
