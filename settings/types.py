"""Types of settings: how a value from the environment is parsed and checked."""

import json
import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import getaddresses
from typing import Annotated, Literal
from urllib.parse import SplitResult, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

# Whether a reply by SMS decides: always, once the approver has opened the message, or never.
SmsDecision = Literal["allow", "after_view", "off"]


def parsed(url: SecretStr, *schemes: str) -> SplitResult:
    """Split a URL; raise ValueError without quoting it, because it may hold a password."""
    try:
        parts = urlsplit(url.get_secret_value())
        _ = parts.port  # reading it raises for a wrong one, as after a password with a / in it
    except ValueError:
        raise ValueError(MISWRITTEN) from None
    if parts.scheme not in schemes or "://" not in url.get_secret_value():
        raise ValueError(f"must begin with {schemes[0]}://")
    return parts


def with_driver(url: SecretStr) -> SecretStr:
    """Add the driver to the URL: SQLAlchemy 2.1 takes a bare `postgresql://` for psycopg 3."""
    parsed(url, "postgresql", "postgres", "postgresql+psycopg2")
    rest = url.get_secret_value().partition("://")[2]
    return SecretStr(f"postgresql+psycopg2://{rest}")


def broker(url: SecretStr) -> SecretStr:
    """Check the URL of Valkey or Redis."""
    parsed(url, "redis", "rediss", "unix")
    return url


@dataclass(frozen=True)
class SmtpServer:
    """The mail relay that SMTP_URL names."""

    host: str
    port: int
    tls: bool = False  # from the first byte; otherwise STARTTLS, if the server offers it
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


def smtp_server(url: SecretStr) -> SmtpServer:
    """Read `smtp[s]://[user:password@]host[:port]`, user and password percent-encoded.

    Raise ValueError, which never quotes the URL.
    """
    parts = parsed(url, *SMTP_PORTS)
    if not parts.hostname or parts.port == 0 or parts.path not in ("", "/"):
        raise ValueError(NO_SMTP_SERVER)
    if parts.query or parts.fragment:
        raise ValueError(NO_SMTP_SERVER)
    if (parts.username is None) != (parts.password is None):
        raise ValueError("needs both a user and a password, or neither")
    return SmtpServer(
        host=parts.hostname,
        port=parts.port or SMTP_PORTS[parts.scheme],
        tls=parts.scheme == "smtps",
        user=login_word(parts.username),
        password=login_word(parts.password),
    )


def login_word(encoded: str | None) -> str | None:
    """Decode a user or a password; smtplib knows only those in ASCII."""
    word = None if encoded is None else unquote(encoded, errors="replace")
    if word and not (word.isascii() and word.isprintable()):
        raise ValueError("may have only printable ASCII in its user and password")
    return word


def relay(url: SecretStr) -> SecretStr:
    """Check the URL of the mail relay."""
    smtp_server(url)
    return url


def mailbox(value: str) -> str:
    """Check a mailbox as in a From field: `Name <address>` or an address alone."""
    try:
        ((_, address),) = getaddresses([value])
        validate_email(address, check_deliverability=False, test_environment=True)
    except (EmailNotValidError, ValueError):
        raise ValueError(NO_MAILBOX) from None
    if not value.isprintable():
        raise ValueError(NO_MAILBOX)
    return value


MISWRITTEN = "is not a URL; in a password, / ? # @ : % are written %2F %3F %23 %40 %3A %25"
NO_SMTP_SERVER = (
    "must be smtp://server or smtps://server, if needed with :port after the server and "
    "user:password@ before it"
)
SMTP_PORTS = {"smtp": 25, "smtps": 465}  # RFC 5321 and RFC 8314
NO_MAILBOX = "is not one mailbox such as 'Listgate <lists@example.org>'"


def origin(url: str) -> str:
    """Check the origin of a public URL, and strip a trailing slash."""
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


# A list's short name becomes part of commands, and of file names on the list server.
SHORT_NAME = r"[a-z0-9]([a-z0-9._-]{0,62}[a-z0-9])?"


def fits_short_name(text: str) -> bool:
    """Whether this is a valid short name of a list."""
    return re.fullmatch(SHORT_NAME, text) is not None and ".." not in text


def short_name(text: str) -> str:
    """Check the short name of a list."""
    if not fits_short_name(text):
        raise ValueError(
            "a short name has 1 to 64 of the characters a-z 0-9 . _ -, begins and ends with a "
            "letter or digit, and has no two dots in a row"
        )
    return text


def parse_json(example: str) -> Callable[[object], object]:
    """Return a parser of a JSON object such as this one; pydantic checks what is not a string."""

    def parse(text: object) -> object:
        if not isinstance(text, str):
            return text
        try:
            return json.loads(text or "{}")
        except json.JSONDecodeError:
            raise ValueError(f"is not a JSON object such as {example}") from None

    return parse


def command(text: str) -> str:
    """Check a command line with the placeholders {short_name} and {email}.

    It is split as a shell splits it (shlex) but not run by a shell, so no value needs quoting.
    """
    rest = re.sub(r"\{(short_name|email)\}", " ", text)
    if unknown := re.search(r"\{\w*\}", rest):
        raise ValueError(f"has an unknown placeholder {unknown[0]}: {PLACEHOLDERS}")
    if stray := re.search(r"[{}]", rest):
        raise ValueError(f"has a stray {stray[0]}: {PLACEHOLDERS}")
    if not text.isprintable():
        raise ValueError("must be one line of text")
    try:
        words = shlex.split(text)
    except ValueError:
        raise ValueError("has an unbalanced quote, or ends with a backslash") from None
    if words:
        program(words[0])
    return text.strip()


def program(word: str) -> None:
    """Check the first word of a command: the program is the same for every list."""
    if not word or "{" in word:
        raise ValueError("must begin with a program, not with a placeholder")
    if "/" in word and not word.startswith("/"):
        raise ValueError("must name its program by an absolute path or by its name alone")


def needed(text: str) -> str:
    """Check that a command is not empty."""
    if not text:
        raise ValueError("is empty")
    return text


PLACEHOLDERS = "known are {short_name} and {email}; put other braces into a script"


UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def duration(value: object) -> object:
    """Parse 90m, 24h or 2d; pydantic parses other forms (seconds, ISO 8601)."""
    if isinstance(value, str) and value[:-1].isdecimal() and value[-1] in UNITS:
        return timedelta(seconds=int(value[:-1]) * UNITS[value[-1]])
    return value


LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR"],
    # Operators may write it in small letters, as in other programs.
    BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value),
]

Duration = Annotated[timedelta, BeforeValidator(duration), Field(gt=timedelta(0))]

Command = Annotated[str, AfterValidator(command)]

Commands = Annotated[
    dict[
        Annotated[str, AfterValidator(short_name)],
        Annotated[str, AfterValidator(command), AfterValidator(needed)],
    ],
    BeforeValidator(parse_json('{"board": "tee /etc/board"}')),
]

DomainRates = Annotated[
    dict[str, Annotated[int, Field(gt=0)]],
    BeforeValidator(parse_json('{"gmail.com": 600}')),
]
