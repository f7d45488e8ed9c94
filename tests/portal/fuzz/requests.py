"""Generate hostile requests from the forms of every page, for every kind of person."""

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

from tests.portal.fuzz.page_forms import Form, forms_of
from tests.portal.fuzz.sending import BOUNDARY, File, Part, a_file, multipart, mutated, urlencoded
from tests.portal.matrix.forms import FORMS
from tests.portal.matrix.installation import Installation
from tests.portal.matrix.table import KINDS, lines

# Read from the query by pages whose forms and links name them only when there is more to show.
QUERY = (
    *("after", "before", "change", "kept", "next", "own", "page", "q", "since", "until", "words"),
)

TEXT = "Dear members,"

MULTIPART = f"multipart/form-data; boundary={BOUNDARY.decode()}"
URLENCODED = "application/x-www-form-urlencoded"
# Wrong on purpose.
WRONG_TYPES = ("multipart/form-data", "application/json", "text/plain; charset=nothing", "x", "")


class Request(NamedTuple):
    """What is sent, and by whom."""

    who: str
    method: str
    path: str
    query: bytes
    body: bytes
    content_type: str

    def __str__(self) -> str:
        return f"{self.who} {self.method} {self.path} {(self.query or self.body)[:400]!r}"


class Shown(NamedTuple):
    """A form with those whose pages show it."""

    form: Form
    to: list[str]


def forms(installation: Installation) -> list[Shown]:
    """Return each form of each page.

    A route of which no page shows a form is a form, too: a page shows some only in another state,
    and a program needs no page.
    """
    found: dict[tuple[str, str], Shown] = {}
    for line in lines("GET"):
        admitted = [who for who, mark in zip(KINDS, line.marks, strict=True) if mark == "y"]
        # Who has the fewest rights of them sees what the others see, but for single fields.
        for who in admitted[:1]:
            answer = installation.ask(line, who)
            page = answer.text if answer.mimetype == "text/html" else ""
            for form in forms_of(page, installation.path(line)):
                known = found.setdefault(form[:2], Shown(Form(*form[:2], {}), []))
                known.form.fields.update(form.fields)
                known.to.extend(admitted)
    for line in lines("GET", "POST"):
        key = line.method, installation.path(line)
        known = found.setdefault(key, Shown(Form(*key, {}), []))
        known.form.fields.update(matrix_fields(installation, key))
    return list(found.values())


def matrix_fields(installation: Installation, key: tuple[str, str]) -> dict[str, str | None]:
    """Return the valid fields of the matrix for this route; those of a query for a GET."""
    method, path = key
    if method == "GET":
        return dict.fromkeys(QUERY, "")
    given = {line.path.format_map(installation.things): line.path for line in lines("POST")}
    fields = FORMS.get(given[path], {})
    return {name: one if isinstance(one, str) else None for name, one in fields.items()}


def requests(installation: Installation, shown: list[Shown], choice: Random) -> Iterator[Request]:
    """Generate requests without end; the same `choice` makes the same ones."""
    while True:
        form, to = choice.choice(shown)
        # Half of them by somebody who can send the form, so that it is read.
        who = choice.choice(to if to and choice.random() < 0.5 else KINDS)
        yield a_request(installation, form, who, choice)


def a_request(installation: Installation, form: Form, who: str, choice: Random) -> Request:
    """Change the form, and send it as this person."""
    parts = mutated(valid(installation, form, choice), choice)
    if form.method == "GET":
        return Request(who, "GET", form.path, urlencoded(parts), b"", "")
    if choice.random() < 0.95:
        parts = [one for one in parts if one[0] != b"csrf_token"]
        parts.append((b"csrf_token", installation.keys[who].token.encode()))
    files = any(isinstance(one, File) for _, one in parts)
    kind = MULTIPART if files or choice.random() < 0.2 else URLENCODED
    body = multipart(parts) if kind is MULTIPART else urlencoded(parts)
    if choice.random() < 0.02:
        kind = choice.choice(WRONG_TYPES)
    return Request(who, form.method, form.path, b"", body, kind)


def valid(installation: Installation, form: Form, choice: Random) -> list[Part]:
    """Fill the fields as a person would."""
    parts: list[Part] = []
    for name, one in form.fields.items():
        values = one if isinstance(one, list) else [one]
        for each in values:
            filled = str(installation.filled(each or TEXT)).encode()
            parts.append((name.encode(), a_file(choice) if each is None else filled))
    return parts
