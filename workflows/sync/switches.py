"""What an operator may switch off, and the refusal that names the setting."""

from models import Refusal


class SwitchedOff(Refusal):
    """The operator has switched this part of the house off."""


def require_maillists(*, enabled: bool) -> None:
    """Raise SwitchedOff where lists are not pushed to any list server."""
    if not enabled:
        raise SwitchedOff("Lists are not pushed here: the operator set MAILLISTS_ENABLED=false.")
