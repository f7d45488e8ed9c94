"""Find the forms of a page, and the queries of its links, as a browser would send them."""

from html.parser import HTMLParser
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

Fields = dict[str, str | None]


class Form(NamedTuple):
    """What a browser can send; the value of a field for files is None."""

    method: str
    path: str
    fields: Fields


def forms_of(page: str, path: str) -> list[Form]:
    """Return each form of the page at this path that has a button, and each link with a query."""
    reader = FormReader(path)
    reader.feed(page)
    return reader.found


class FormReader(HTMLParser):
    """Collect forms when their buttons come."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.here = path
        self.found: list[Form] = []
        self.form = Form("GET", path, {})
        self.with_id: dict[str, Form] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        link = urlsplit(given.get("href", ""))
        if tag == "form":
            path = urlsplit(given.get("action", "")).path or self.here
            self.form = Form(given.get("method", "get").upper(), path, {})
            self.with_id[given.get("id", path)] = self.form
        elif tag == "a" and link.query and not link.netloc:
            query = dict(parse_qsl(link.query, keep_blank_values=True))
            self.found.append(Form("GET", link.path or self.here, {**query}))
        elif tag in ("input", "textarea", "select", "button"):
            self.add_field(tag, given)

    def add_field(self, tag: str, given: dict[str, str]) -> None:
        """Add a field to its form; a button sends the form, or sends it elsewhere."""
        form = self.with_id.get(given["form"]) if "form" in given else self.form
        if form is None:
            return  # a part of a page, of which the form is elsewhere on the page
        if "name" in given:
            file = given.get("type") == "file"
            form.fields[given["name"]] = None if file else given.get("value", "")
        if tag == "button":
            path = urlsplit(given.get("formaction", "")).path or form.path
            self.found.append(Form(form.method, path, form.fields))
