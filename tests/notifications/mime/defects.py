"""What the email package finds wrong with a mail."""

from email import message_from_bytes, policy


def defects(mail: bytes) -> list[str]:
    """Return the defects that the email package finds in any part or field."""
    parsed = message_from_bytes(mail, policy=policy.default)
    found = []
    for part in parsed.walk():
        found += [repr(each) for each in part.defects]
        for name, field in part.items():
            found += [f"{name}: {each!r}" for each in field.defects]
    return found
