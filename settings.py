"""What the environment decides, read once.

Every field is one environment variable of the same name in capitals; `.env.example` lists them all.
"""

import os
import sys
from email.utils import parseaddr
from typing import Annotated, Literal

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


def with_driver(url: SecretStr) -> SecretStr:
    """Name the driver: SQLAlchemy 2.1 takes a bare `postgresql://` for psycopg 3."""
    scheme, separator, rest = url.get_secret_value().partition("://")
    if scheme in {"postgres", "postgresql"}:
        scheme = "postgresql+psycopg2"
    if not separator or scheme != "postgresql+psycopg2":
        raise ValueError("must begin with postgresql://")
    return SecretStr(f"{scheme}://{rest}")


def mailbox(value: str) -> str:
    """Check a mailbox as it stands in a From field: `Name <address>` or an address alone."""
    try:
        validate_email(parseaddr(value)[1], check_deliverability=False, test_environment=True)
    except EmailNotValidError as wrong:
        raise ValueError(
            f"is not a mailbox such as 'Listgate <lists@example.org>': {wrong}"
        ) from None
    return value


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
    redis_url: SecretStr = Field(
        SecretStr("redis://localhost:6379/0"),
        description="Valkey or Redis 6.2 or newer, for the queues and the results of public tasks; "
        "give Listgate a database number of its own",
    )
    smtp_url: SecretStr = Field(
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
