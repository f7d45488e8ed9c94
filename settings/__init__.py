"""What the environment decides, read once.

Every field is one environment variable of the same name in capitals; `.env.example` lists them all.
"""

import os
import sys
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from settings.types import (
    Command,
    Commands,
    Duration,
    LogLevel,
    broker,
    mailbox,
    origin,
    relay,
    with_driver,
    zone,
)

# ssh finds its keys and its agent by these, and a mailing list manager its own settings.
FOR_COMMANDS = {"PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR", "SSH_AUTH_SOCK"}


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
        "codes and links are made from it; changing it voids those that are on their way, ends all "
        "log-ins and voids second factors",
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
    maillists_enabled: bool = Field(
        True, description="Whether lists are pushed to a list server; moderation works without it"
    )
    maillist_sync_command: Command = Field(
        "",
        description="What pushes a list: it gets one address per line on its standard input; "
        "{short_name} and {email} are the list's: tee /etc/lists/{short_name}",
    )
    maillist_sync_commands: Annotated[Commands, NoDecode] = Field(
        {},
        description="Other commands for some lists, by short name, as JSON: "
        '{"board": "tee /etc/board"}',
    )
    sync_quiet: Duration = Field(
        timedelta(seconds=5),
        le=timedelta(seconds=60),
        description="A list is pushed when nothing has changed for so long",
    )
    sync_max_wait: Duration = Field(
        timedelta(seconds=60), description="... but never later than this after the first change"
    )
    sync_timeout: Duration = Field(
        timedelta(seconds=60),
        le=timedelta(seconds=120),
        description="How long the command may take",
    )
    sync_max_shrink: int = Field(
        30,
        ge=0,
        le=100,
        description="A push that takes away more than so many percent of a list's addresses, and "
        "at least ten, waits until a person confirms it",
    )
    sync_alert_after: int = Field(
        3, gt=0, description="After so many failures in a row administrators are told"
    )
    templates_dir: Path | None = Field(
        None,
        description="Letters of your own: <list>/<letter>/body.txt before <letter>/body.txt before "
        "ours",
    )
    time_zone: Annotated[str, AfterValidator(zone)] = Field(
        "UTC",
        description="In which zone letters tell the time, and whose clocks open and close the "
        "windows of sendouts: Europe/Paris",
    )
    trusted_proxies: int = Field(
        1,
        ge=0,
        description="How many proxies stand before the web pages; log-ins are throttled by the "
        "address that the outermost of them saw",
    )
    lmtp_address: str = Field(
        "127.0.0.1:8024", description="Where `listgate lmtp` listens: host:port, or a socket's path"
    )
    log_level: LogLevel = Field("INFO", description="How much is logged")
    log_format: Literal["json", "console"] = Field(
        "json", description="One JSON object per line for machines, or coloured lines for people"
    )

    @model_validator(mode="after")
    def _needs_a_command(self) -> Self:
        if self.maillists_enabled and not self.maillist_sync_command:
            raise ValueError(
                "MAILLIST_SYNC_COMMAND: is needed to push lists to the list server; with "
                "MAILLISTS_ENABLED=false they are not pushed"
            )
        return self

    @model_validator(mode="after")
    def _waits_long_enough(self) -> Self:
        if self.sync_max_wait < self.sync_quiet:
            raise ValueError("SYNC_MAX_WAIT: must not be shorter than SYNC_QUIET")
        return self

    @property
    def commands(self) -> dict[str, str]:
        """Every command that pushes lists, by the name of its setting."""
        if not self.maillists_enabled:
            return {}
        some = {
            named(("maillist_sync_commands", short_name)): command
            for short_name, command in self.maillist_sync_commands.items()
        }
        return {"MAILLIST_SYNC_COMMAND": self.maillist_sync_command, **some}

    @property
    def command_environment(self) -> dict[str, str]:
        """What the command that pushes a list may see of our environment; no secret is in it."""
        return {
            name: value
            for name, value in os.environ.items()
            if name in FOR_COMMANDS or name.startswith("LC_")
        }

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
            name = named(error["loc"])
            says = error["msg"].removeprefix("Value error, ")
            # What is wrong with two settings together belongs to neither, and names them itself.
            print(f"{name}: {says}" if name else says, file=sys.stderr)
        raise SystemExit(TRY_AGAIN) from None


def named(place: tuple[int | str, ...]) -> str:
    """The setting, and which of its entries, as in MAILLIST_SYNC_COMMANDS['board']."""
    if not place:
        return ""
    setting, *entries = place
    return str(setting).upper() + "".join(f"[{entry!r}]" for entry in entries[:1])


settings = read()
