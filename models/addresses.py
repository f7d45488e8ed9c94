"""What has an e-mail address of its own: unique, whatever its case."""

from sqlalchemy.orm import Mapped, mapped_column, validates


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
