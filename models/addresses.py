"""E-mail addresses of users and lists: checked, and unique without regard to case."""

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.orm import Mapped, mapped_column, validates

from models.refusals import Invalid

# RFC 5321, 4.5.3.1.1: octets before the @ sign.
MAX_LOCAL_PART = 64

# RFC 5321, 4.5.3.1.3: octets of a path, without its two angle brackets.
MAX_ADDRESS = 254

# What begins a line of an address file that is no address: our import skips the line, as do the
# list servers that read what a push writes.
COMMENT = "#"


def address_key(address: str) -> str:
    """Return the form by which addresses are compared: in lower case, in any alphabet."""
    return address.lower()  # casefold() would take groß@ and gross@ for one address


def typed_key(text: str) -> str:
    """Return the key of an address that someone typed: equal for every spelling of one address.

    Raises Invalid.
    """
    return address_key(checked_address(text.strip()))


def with_detail(address: str, detail: str) -> str:
    """Return the address with a detail: `name+detail@domain` (RFC 5233)."""
    local_part, at, domain = address.rpartition("@")
    return f"{local_part}+{detail}{at}{domain}"


def detail_of(address: str) -> str:
    """Return the detail of an address, "" if it has none."""
    _, plus, detail = address.rpartition("@")[0].rpartition("+")
    return detail if plus else ""


class Addressed:
    """A row with a unique address.

    Python computes the key: PostgreSQL's lower() leaves an Ü unchanged in some locales.
    """

    address: Mapped[str]
    address_key: Mapped[str] = mapped_column(unique=True)

    @validates("address")
    def _set_key(self, _key: str, address: str) -> str:
        self.address_key = address_key(address)
        return address


def checked_address(address: str) -> str:
    """Return the address in its normal form (RFC 5321 and 6531), or raise Invalid."""
    if len(address) > MAX_ADDRESS:  # first: what follows takes time
        raise too_long()
    try:
        checked = normal_form(address)
    except EmailNotValidError:
        raise invalid_address(address) from None
    if len(checked.rpartition("@")[0].encode()) > MAX_LOCAL_PART:
        raise too_long()
    if checked.startswith(COMMENT):
        raise Invalid("An address that begins with # would be a comment in the list server's file.")
    return checked


def too_long() -> Invalid:
    """Return the refusal of an address over the limits of RFC 5321."""
    return Invalid(
        "This e-mail address is too long: mail allows 64 bytes before the @ sign, and 254 in all."
    )


def normal_form(address: str) -> str:
    """Return the address in its normal form, or raise EmailNotValidError."""
    # No DNS look-up: organisations test with .test and have domains of their own.
    return validate_email(address, check_deliverability=False, test_environment=True).normalized


def invalid_address(text: str) -> Invalid:
    """Return the refusal that says what is wrong with `text`.

    The library's own reasons are in English only, and quote the text.
    """
    if text.count("@") != 1:
        return Invalid("This is not an e-mail address: it needs one @ sign.")
    try:
        normal_form(f"a@{text.partition('@')[2]}")
    except EmailNotValidError:
        return Invalid("This is not an e-mail address: the part after the @ sign is not a domain.")
    return Invalid("This is not an e-mail address: the part before the @ sign is not allowed.")
