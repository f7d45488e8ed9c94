"""Checks of names (one line of printable text) and descriptions (several lines)."""

from models.refusals import Invalid


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


def list_description(description: str) -> str:
    """Return the description without surrounding blanks; raise Invalid if it is not text."""
    return lines(description, Invalid("The description must be text."))


def one_line(text: str, otherwise: Invalid) -> str:
    """Return the text without surrounding blanks; raise `otherwise` unless it is one line."""
    stripped = text.strip()
    if not stripped or not stripped.isprintable():
        raise otherwise
    return stripped


def lines(text: str, otherwise: Invalid) -> str:
    """Return the text without surrounding blanks; raise `otherwise` for control characters."""
    stripped = text.strip()
    if not all(each.isprintable() or each in "\n\t" for each in stripped):
        raise otherwise
    return stripped
