"""What a person reads when a command did nothing."""

from sqlalchemy.exc import OperationalError, ProgrammingError

from models import Refusal


def reason(failure: Exception) -> str | None:
    """Return the sentence to print, or None for an error of our own, which is shown in full."""
    match failure:
        case Refusal():
            return str(failure)
        case ProgrammingError():
            return "The database does not have this version's tables. Run `listgate migrate`."
        case OperationalError():
            answer = str(failure.orig).strip().splitlines()[0]
            return f"The database does not answer ({answer}). Try `listgate doctor`."
        case _:
            return None
