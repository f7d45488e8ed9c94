"""What a name may be: one line of printable text, or several for a description."""

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
    """The description, without blanks around it; raises Invalid for one that is no text."""
    return lines(description, Invalid("The description must be text."))


def one_line(text: str, otherwise: Invalid) -> str:
    """The text without blanks around it; raises `otherwise` if empty or more than one line."""
    stripped = text.strip()
    if not stripped or not stripped.isprintable():
        raise otherwise
    return stripped


def lines(text: str, otherwise: Invalid) -> str:
    """The text without blanks around it; raises `otherwise` for control characters."""
    stripped = text.strip()
    if not all(each.isprintable() or each in "\n\t" for each in stripped):
        raise otherwise
    return stripped
