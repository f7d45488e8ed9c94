"""Render Markdown as the HTML part of a mail."""

import re
from typing import Final

from markdown_it import MarkdownIt

from notifications.mime.fields import FIELDS

# CommonMark, tables and strike-through; HTML in the text is shown as text, and no link runs a
# script (`javascript:` and the like stay text).
_MARKDOWN: Final = MarkdownIt("js-default")

# A personal field in the address of a link, as the renderer encodes it.
_ENCODED_FIELD: Final = re.compile(rf"%7B%7B({'|'.join(FIELDS)})%7D%7D")


def html_of_markdown(text: str) -> str:
    """Return the HTML of a text in Markdown; {{ … }} stays, also as the address of a link."""
    rendered: str = _MARKDOWN.render(text)
    return _ENCODED_FIELD.sub(r"{{\1}}", rendered)
