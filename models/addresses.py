"""What has an e-mail address of its own: unique, whatever its case."""

from email_validator import EmailNotValidError, validate_email
from sqlalchemy.orm import Mapped, mapped_column, validates

from models.refusals import Invalid


def address_key(address: str) -> str:
    """The form by which an address is compared: case does not count, in any alphabet."""
    return address.lower()  # casefold() would make one person of groß@ and gross@


class Addressed:
    """A row with an address; PostgreSQL's lower() would leave an Ü alone in some locales."""

    address: Mapped[str]
    address_key: Mapped[str] = mapped_column(unique=True)

    @validates("address")
    def _keep_key(self, _key: str, address: str) -> str:
        self.address_key = address_key(address)
        return address


def checked_address(address: str) -> str:
    """The address in its normal form (RFC 5321, internationalised too); raises Invalid."""
    try:
        return normal_form(address)
    except EmailNotValidError:
        raise no_address(address) from None


def normal_form(address: str) -> str:
    """The address in its normal form; raises EmailNotValidError."""
    # Organisations test with .test and name their own hosts as they like: no look-up here.
    return validate_email(address, check_deliverability=False, test_environment=True).normalized


def no_address(text: str) -> Invalid:
    """What is wrong with it; the reasons of the library are in English only, and quote the text."""
    if text.count("@") != 1:
        return Invalid("This is not an e-mail address: it needs one @ sign.")
    try:
        normal_form(f"a@{text.partition('@')[2]}")
    except EmailNotValidError:
        return Invalid("This is not an e-mail address: what follows the @ sign is no domain.")
    return Invalid("This is not an e-mail address: what precedes the @ sign cannot stand there.")
