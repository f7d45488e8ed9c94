"""Checks of names (one line of printable text) and descriptions (several lines)."""

from models.refusals import Amount, Invalid

# Characters.  Every page, letter and log shows names; the longest of the law have about 150.
MAX_NAME = 200

# Characters, as many as a decision's comment has: pages show it in full.
MAX_DESCRIPTION = 10_000


def person_name(name: str) -> str:
    """Return the name without surrounding blanks; raise Invalid if it is not a valid name."""
    return one_line(name, Invalid("The name must be one line of text."))


def role_name(name: str) -> str:
    """Return the name without surrounding blanks; raise Invalid if it is not a valid name."""
    return one_line(name, Invalid("The role's name must be one line of text."))


def list_name(name: str) -> str:
    """Return the name without surrounding blanks; raise Invalid if it is not a valid name."""
    return one_line(name, Invalid("The list's name must be one line of text."))


def approver_list_name(name: str) -> str:
    """Return the name without surrounding blanks; raise Invalid if it is not a valid name."""
    return one_line(name, Invalid("The approver list's name must be one line of text."))


def list_set_name(name: str) -> str:
    """Return the name without surrounding blanks; raise Invalid if it is not a valid name."""
    return one_line(name, Invalid("The name of the set must be one line of text."))


def service_name(name: str) -> str:
    """Return the name without surrounding blanks; raise Invalid if it is not a valid name."""
    return one_line(name, Invalid("The service's name must be one line of text."))


def list_description(description: str) -> str:
    """Return the description without surrounding blanks; raise Invalid if it is not text."""
    return lines(description, Invalid("The description must be text."))


def one_line(text: str, otherwise: Invalid) -> str:
    """Return the text without surrounding blanks; raise `otherwise` unless it is one line.

    Raises Invalid if it is longer than MAX_NAME.
    """
    stripped = text.strip()
    if len(stripped) > MAX_NAME:
        raise Invalid("A name has at most %(most)d characters.", most=MAX_NAME)
    if not stripped or not stripped.isprintable():
        raise otherwise
    return stripped


def lines(text: str, otherwise: Invalid) -> str:
    """Return the text without surrounding blanks; raise `otherwise` for control characters.

    Raises Invalid if it is longer than MAX_DESCRIPTION.
    """
    stripped = text.strip()
    if len(stripped) > MAX_DESCRIPTION:
        raise Invalid(
            "A description has at most %(most)s characters.", most=Amount(MAX_DESCRIPTION)
        )
    if not all(each.isprintable() or each in "\n\t" for each in stripped):
        raise otherwise
    return stripped
