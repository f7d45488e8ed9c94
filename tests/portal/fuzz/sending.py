"""Encode fields as a browser does, whatever bytes they have."""

from random import Random
from typing import NamedTuple
from urllib.parse import quote_plus

from tests.portal.fuzz import hostile

BOUNDARY = b"a-boundary-of-the-fuzz"


class File(NamedTuple):
    """A file in a form."""

    name: bytes
    content: bytes


Part = tuple[bytes, bytes | File]


def urlencoded(parts: list[Part]) -> bytes:
    """Encode a query or a form; a file is sent as its name, as browsers do."""
    pairs = [(name, one.name if isinstance(one, File) else one) for name, one in parts]
    return "&".join(f"{quote_plus(name)}={quote_plus(one)}" for name, one in pairs).encode()


def multipart(parts: list[Part]) -> bytes:
    """Encode a form with files."""
    encoded = [
        b"--%b\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n"
        % (BOUNDARY, disposition(name, one), one.content if isinstance(one, File) else one)
        for name, one in parts
    ]
    return b"".join(encoded) + b"--%b--\r\n" % BOUNDARY


def disposition(name: bytes, one: bytes | File) -> bytes:
    """Return the parameters of the part's header, escaped as HTML requires."""
    file = b'; filename="%b"' % escaped(one.name) if isinstance(one, File) else b""
    return b'name="%b"%b' % (escaped(name), file)


def escaped(name: bytes) -> bytes:
    """Escape what would end a quoted parameter."""
    return name.replace(b"\r", b"%0D").replace(b"\n", b"%0A").replace(b'"', b"%22")


def mutated(valid: list[Part], choice: Random) -> list[Part]:
    """Return these fields with one to all of them replaced, repeated, left out or misplaced."""
    parts = valid[:]
    for _ in range(choice.choice((1, 1, 1, 2, 3, len(parts) + 1))):
        mutate(parts, choice)
    return parts


def mutate(parts: list[Part], choice: Random) -> None:
    """Do one hostile thing to the fields."""
    at = choice.randrange(len(parts)) if parts else 0
    match choice.random() if parts else 1:
        case kind if kind < 0.65:
            parts[at] = (parts[at][0], hostile_content(parts[at][1], choice))
        case kind if kind < 0.75:
            parts.insert(choice.randrange(len(parts) + 1), (parts[at][0], hostile.value(choice)))
        case kind if kind < 0.85:
            del parts[at]
        case kind if kind < 0.93:
            parts[at] = (parts[at][0], misplaced(parts[at][1], choice))
        case _:
            parts.append((choice.choice(hostile.NAMES), hostile.value(choice)))


def hostile_content(valid: bytes | File, choice: Random) -> bytes | File:
    """Return a file for a file, a value for a value."""
    return a_file(choice) if isinstance(valid, File) else hostile.value(choice)


def misplaced(valid: bytes | File, choice: Random) -> bytes | File:
    """Return a value where a file is wanted, and the reverse."""
    return hostile.value(choice) if isinstance(valid, File) else a_file(choice)


def a_file(choice: Random) -> File:
    """Choose a hostile file."""
    return File(choice.choice(hostile.FILE_NAMES), choice.choice(hostile.FILES))
