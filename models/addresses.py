"""E-mail addresses of users and lists: checked, and unique without regard to case."""

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.orm import Mapped, mapped_column, validates

from models.refusals import Invalid


def address_key(address: str) -> str:
    """Return the form by which addresses are compared: in lower case, in any alphabet."""
    return address.lower()  # casefold() would take groß@ and gross@ for one address


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
    try:
        return normal_form(address)
    except EmailNotValidError:
        raise invalid_address(address) from None


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
