"""What the environment decides, read once.

Every field is one environment variable of the same name in capitals; `.env.example` lists them all.
"""

import os
import sys
from datetime import timedelta
from email.utils import getaddresses, parseaddr
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


def parsed(url: SecretStr, *schemes: str) -> SplitResult:
    """The URL in its parts; raises ValueError, which never quotes it: there may be a password."""
    try:
        parts = urlsplit(url.get_secret_value())
        _ = parts.port  # reading it finds a wrong one, such as a password with a / in it
    except ValueError:
        raise ValueError(MISWRITTEN) from None
    if parts.scheme not in schemes or "://" not in url.get_secret_value():
        raise ValueError(f"must begin with {schemes[0]}://")
    return parts


def with_driver(url: SecretStr) -> SecretStr:
    """Name the driver: SQLAlchemy 2.1 takes a bare `postgresql://` for psycopg 3."""
    parsed(url, "postgresql", "postgres", "postgresql+psycopg2")
    rest = url.get_secret_value().partition("://")[2]
    return SecretStr(f"postgresql+psycopg2://{rest}")


def broker(url: SecretStr) -> SecretStr:
    """Check the URL of Valkey or Redis."""
    parsed(url, "redis", "rediss", "unix")
    return url


def relay(url: SecretStr) -> SecretStr:
    """Check the URL of the mail relay as far as it can be without looking into the letter."""
    parts = parsed(url, "smtp", "smtps")
    if not parts.hostname or (parts.username is None) != (parts.password is None):
        raise ValueError("needs a host, and both a user and a password or neither")
    return url


def mailbox(value: str) -> str:
    """Check a mailbox as it stands in a From field: `Name <address>` or an address alone."""
    try:
        ((_, address),) = getaddresses([value])
        validate_email(address, check_deliverability=False, test_environment=True)
    except (EmailNotValidError, ValueError):
        raise ValueError(NO_MAILBOX) from None
    if not value.isprintable():
        raise ValueError(NO_MAILBOX)
    return value


MISWRITTEN = "is not a URL; in a password, / ? # @ : % are written %2F %3F %23 %40 %3A %25"
NO_MAILBOX = "is not one mailbox such as 'Listgate <lists@example.org>'"


def origin(url: str) -> str:
    """Check the beginning of a public URL, and take a slash away from its end."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
        raise ValueError("must be an address such as https://listgate.example.org")
    return url.rstrip("/")


def zone(name: str) -> str:
    """Check the name of a time zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("is not a time zone such as Europe/Paris") from None
    return name


UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def duration(value: object) -> object:
    """Read 90m, 24h or 2d; anything else is left to pydantic (seconds, ISO 8601)."""
    if isinstance(value, str) and value[:-1].isdecimal() and value[-1] in UNITS:
        return timedelta(seconds=int(value[:-1]) * UNITS[value[-1]])
    return value


Duration = Annotated[timedelta, BeforeValidator(duration), Field(gt=timedelta(0))]


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


def read() -> Settings:
    """Read the settings, or end the process with a sentence for each that is wrong."""
    try:
        return Settings()
    except ValidationError as wrong:
        for error in wrong.errors(include_input=False, include_url=False):
            name = ".".join(str(part) for part in error["loc"]).upper()
            print(f"{name}: {error['msg'].removeprefix('Value error, ')}", file=sys.stderr)
        raise SystemExit(2) from None


settings = read()
