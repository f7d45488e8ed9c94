"""The settings, read once from the environment.

Every field is one environment variable of the same name in capitals; `.env.example` lists them all.
"""

import os
import sys
from collections.abc import Mapping
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from settings.secrets import SecretFileError, from_files, is_weak
from settings.types import (
    Command,
    Commands,
    DomainRates,
    Duration,
    LogLevel,
    SmsDecision,
    broker,
    mailbox,
    origin,
    relay,
    with_driver,
    zone,
)

# ssh finds its keys and agent by these variables, and a mailing list manager its configuration.
FOR_COMMANDS = {"PATH", "HOME", "USER", "LOGNAME", "LANG", "TZ", "TMPDIR", "SSH_AUTH_SOCK"}

# Bytes of BOUNCE_ADDRESS before the @ sign: RFC 5321 (4.5.3.1.1) allows 64, and the + and the
# token of notifications/mime/return_path.py take 27 of them.
MAX_BEFORE_TOKEN = 37


class Settings(BaseModel):
    """What an operator decides; a wrong value stops every process at its start."""

    model_config = ConfigDict(validate_default=True, frozen=True)

    database_url: Annotated[SecretStr, AfterValidator(with_driver)] = Field(
        SecretStr("postgresql:///listgate"),
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
        10, gt=0, le=30, description="Seconds to wait for each answer of the mail relay"
    )
    smtp_verify: bool = Field(
        True, description="Check the relay's certificate; turn off only for a relay on this machine"
    )
    mail_from: Annotated[str, AfterValidator(mailbox)] = Field(
        "Listgate <listgate@example.org>", description="The From address of Listgate's letters"
    )
    bounce_address: Annotated[str, AfterValidator(mailbox)] | None = Field(
        None,
        description="Where failed deliveries are returned to (the envelope sender); "
        "without it, the address of MAIL_FROM; route it like REPLY_ADDRESS",
    )
    bounce_tokens: bool = Field(
        True,
        description="Add a +token to BOUNCE_ADDRESS that says which letter or copy came back; "
        "false where the mail server cannot route such addresses: bounces then have no effect",
    )
    dkim_key: SecretStr = Field(
        SecretStr(""),
        description="An RSA private key in PEM, with which letters and copies are signed (DKIM); "
        "usually in a file that DKIM_KEY_FILE names. Leave it empty if the relay signs",
    )
    dkim_selector: str = Field(
        "", description="The name of the key: its record is at <selector>._domainkey.<domain>"
    )
    dkim_domain: str = Field(
        "", description="The domain that signs; the addresses of lists and MAIL_FROM are of it"
    )
    sendout_lanes: int = Field(
        2,
        ge=1,
        le=100,
        description="How many worker processes send one message at once, over all workers; each "
        "keeps two connections to the mail relay",
    )
    sendout_notes_dir: Path | None = Field(
        None,
        description="A folder on this machine, the same for all workers: each lane of a sendout "
        "notes there how far it is, for the case that it is killed while Redis is flushed; a "
        "sendout is also faster with it",
    )
    sendout_domain_rates: DomainRates = Field(
        {},
        description="The most copies a minute for single domains, over all workers and sendouts, "
        'as JSON: {"gmail.com": 600}; a domain that refuses copies for now (421, 45x) is slowed '
        "down without it, too",
    )
    suspend_after_bounces: int = Field(
        3,
        ge=0,
        description="Suspend a subscription after its copies came back as undeliverable on this "
        "many days within 90 days; 0 for never",
    )
    message_max_bytes: int = Field(
        25_000_000, gt=0, description="The largest message an author may submit, in bytes"
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="At least 32 random characters, the same for every process: reply addresses, "
        "codes and links are derived from it; changing it invalidates those already sent, all "
        "sessions and all second factors",
    )
    public_url: Annotated[str, AfterValidator(origin)] = Field(
        "http://localhost:8000",
        description="The public address of the web pages, for people and for Twilio: "
        "https://listgate.example.org",
    )
    reply_address: Annotated[str, AfterValidator(mailbox)] = Field(
        "moderation@example.org",
        description="Approvers reply to this address with a +token in it; the mail server passes "
        "its mail to `listgate lmtp` or `listgate receive-mail`",
    )
    unsubscribe_address: Annotated[str, AfterValidator(mailbox)] | None = Field(
        None,
        description="Recipients of a list unsubscribe by a mail to this address with a +token in "
        "it; route it like REPLY_ADDRESS, which is used without it",
    )
    twilio_account_sid: str = Field("", description="The Twilio account; without it no SMS is sent")
    twilio_auth_token: SecretStr = Field(
        SecretStr(""), description="Its auth token, which also signs Twilio's webhooks"
    )
    twilio_sender: str = Field(
        "", description="A Messaging Service (MG...) or a number of your account (+...)"
    )
    twilio_url: str = Field(
        "https://api.twilio.com", description="Twilio's API; other addresses are for the sandbox"
    )
    services_open: bool = Field(
        False,
        description="Accept tasks that no service has signed: everyone who can reach the broker "
        "may then act as anyone",
    )
    webhook_allow_private: bool = Field(
        False,
        description="Let webhooks go to private addresses, and by http: true only if everyone "
        "who runs `listgate webhook add` may reach every server of this network",
    )
    api_rate: int = Field(
        600,
        ge=0,
        description="The most requests a minute to the HTTP API with one key of a service; "
        "0 for no limit",
    )
    sms_decision: SmsDecision = Field(
        "allow",
        description="Whether a reply by SMS decides: always (allow), only after the approver has "
        "logged in and opened the message (after_view), or never (off)",
    )
    remind_after: Duration = Field(
        timedelta(hours=24), description="Remind approvers after this time: 90m, 24h, 2d"
    )
    escalate_after: Duration = Field(
        timedelta(hours=48),
        description="After this time, also ask the list's escalation approver list, if it has one",
    )
    expire_after: Duration = Field(
        timedelta(days=7),
        description="After this time, expire an unanswered request and notify its author",
    )
    max_open_requests: int = Field(
        3, ge=0, le=1000, description="Of one author at once, in a new list; 0 for no limit"
    )
    request_letters_per_hour: int = Field(
        12,
        ge=0,
        description="The most letters or SMS an hour that ask one approver, and of them one in ten "
        "minutes about the same author; what is beyond is in a digest; 0 for no limit",
    )
    maillists_enabled: bool = Field(
        True, description="Whether lists are pushed to a list server; moderation works without it"
    )
    maillist_sync_command: Command = Field(
        "",
        description="The command that pushes a list; it reads one address per line from its "
        "standard input, and {short_name} and {email} stand for the list's: "
        "tee /etc/lists/{short_name}",
    )
    maillist_sync_commands: Commands = Field(
        {},
        description="Different commands for single lists, by short name, as JSON: "
        '{"board": "tee /etc/board"}',
    )
    sync_quiet: Duration = Field(
        timedelta(seconds=5),
        le=timedelta(seconds=60),
        description="Push a list once it has not changed for this time (debounce)",
    )
    sync_max_wait: Duration = Field(
        timedelta(seconds=60), description="... but at the latest this time after the first change"
    )
    sync_timeout: Duration = Field(
        timedelta(seconds=60),
        le=timedelta(seconds=120),
        description="The time limit of one push command",
    )
    sync_max_shrink: int = Field(
        30,
        ge=0,
        le=100,
        description="Hold a push that removes more than this percentage of a list's addresses, "
        "and at least ten, until a person confirms it",
    )
    sync_alert_after: int = Field(
        3, gt=0, description="Notify administrators after this many failed pushes in a row"
    )
    templates_dir: Path | None = Field(
        None,
        description="A folder with letter templates of your own: <list>/<letter>/body.txt takes "
        "precedence over <letter>/body.txt, and that over the built-in one",
    )
    time_zone: Annotated[str, AfterValidator(zone)] = Field(
        "UTC",
        description="The time zone of the times in letters and of the daily sendout windows: "
        "Europe/Paris",
    )
    trusted_proxies: int = Field(
        0,
        ge=0,
        description="The number of proxies in front of the web pages whose X-Forwarded-For is "
        "believed; log-ins are throttled by the client address that the outermost one saw",
    )
    lmtp_address: str = Field(
        "127.0.0.1:8024", description="Where `listgate lmtp` listens: host:port or a socket's path"
    )
    log_level: LogLevel = Field(
        "INFO", description="The lowest level that is logged: DEBUG, INFO, WARNING, ERROR"
    )
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
    def _names_its_key(self) -> Self:
        given = (self.dkim_key.get_secret_value(), self.dkim_selector, self.dkim_domain)
        if any(given) and not all(given):
            raise ValueError("DKIM_KEY, DKIM_SELECTOR, DKIM_DOMAIN: give all three, or none")
        return self

    @model_validator(mode="after")
    def _waits_long_enough(self) -> Self:
        if self.sync_max_wait < self.sync_quiet:
            raise ValueError("SYNC_MAX_WAIT: must not be shorter than SYNC_QUIET")
        return self

    @model_validator(mode="after")
    def _has_room_for_tokens(self) -> Self:
        name = self.envelope_sender.rpartition("@")[0]
        if self.bounce_tokens and len(name.encode()) > MAX_BEFORE_TOKEN:
            raise ValueError(
                f"BOUNCE_ADDRESS: may have at most {MAX_BEFORE_TOKEN} bytes before the @ sign, so "
                "that a token fits behind them; with BOUNCE_TOKENS=false there is none"
            )
        return self

    @model_validator(mode="after")
    def _has_no_weak_secret(self) -> Self:
        if not self.public_url.startswith("https://"):
            return self  # the demo and the tests
        for name in ("secret_key", "twilio_auth_token"):
            secret = getattr(self, name).get_secret_value()
            if secret and is_weak(secret):
                raise ValueError(
                    f"{name.upper()}: is publicly known or easily guessed, and PUBLIC_URL is "
                    "https; for SECRET_KEY, `openssl rand -hex 32` makes a good one"
                )
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
        """The variables that a push command inherits; no secret is among them."""
        return {
            name: value
            for name, value in os.environ.items()
            if name in FOR_COMMANDS or name.startswith("LC_")
        }

    @property
    def zone_info(self) -> ZoneInfo:
        """The time zone that TIME_ZONE names."""
        return ZoneInfo(self.time_zone)

    @property
    def envelope_sender(self) -> str:
        """The bare address to which bounces of letters and sendouts return."""
        return parseaddr(self.bounce_address or self.mail_from)[1]

    @property
    def letter_address(self) -> str:
        """The bare address of MAIL_FROM."""
        return parseaddr(self.mail_from)[1]

    @property
    def unsubscribe_to(self) -> str:
        """The bare address to which mails that unsubscribe go, without the token."""
        return parseaddr(self.unsubscribe_address or self.reply_address)[1]


# EX_TEMPFAIL of sysexits.h.  With any other code, a mail server that runs `listgate receive-mail`
# would return the mail to its author because of an operator's mistake.
TRY_AGAIN = 75


def read() -> Settings:
    """Return the settings, or exit with a sentence for each one that is wrong."""
    try:
        return Settings(**from_environment(os.environ) | from_files(os.environ))
    except SecretFileError as wrong:
        print(wrong, file=sys.stderr)
        raise SystemExit(TRY_AGAIN) from None
    except ValidationError as wrong:
        for error in wrong.errors(include_input=False, include_url=False):
            name = named(error["loc"])
            says = error["msg"].removeprefix("Value error, ")
            # An error about two settings has no location; its sentence names them.
            print(f"{name}: {says}" if name else says, file=sys.stderr)
        raise SystemExit(TRY_AGAIN) from None


def from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings that `environ` names, and from the .env file those that it does not.

    Other variables are ignored: a .env file is often shared, for example with docker compose.
    """
    file = environ.get("LISTGATE_ENV_FILE", ".env")
    found = {
        name.lower(): value
        for source in (dotenv_values(file) if file else {}, environ)
        for name, value in source.items()
    }
    return {name: found[name] for name in Settings.model_fields if found.get(name) is not None}


def named(location: tuple[int | str, ...]) -> str:
    """Return the name of a setting and its entry, as in MAILLIST_SYNC_COMMANDS['board']."""
    if not location:
        return ""
    setting, *entries = location
    return str(setting).upper() + "".join(f"[{entry!r}]" for entry in entries[:1])


settings = read()
