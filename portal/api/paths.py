"""The parts of a path, of which one may have a slash of its own: `/people/external:a%2Fb`.

WSGI decodes a path, after which all its slashes look alike (PEP 3333); gunicorn also passes it on
as it came.
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote, unquote_to_bytes
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from portal.api.routes import PREFIX

# An encoded slash, and an encoded percent sign, which would else look like the start of one.
KEPT = re.compile("%(?=2[5Ff])")


class EncodedSlashes:
    """Has the application see `%2F` and `%25` in the paths of the API; `part` decodes them."""

    def __init__(self, app: WSGIApplication) -> None:
        self.app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        if environ["PATH_INFO"].startswith(f"{PREFIX}/"):
            environ["PATH_INFO"] = kept(environ)
        return self.app(environ, start_response)


def kept(environ: WSGIEnvironment) -> str:
    """Return the path, decoded but for slashes and percent signs, as WSGI writes it."""
    raw = str(environ.get("RAW_URI", "")).partition("?")[0]
    if not raw.startswith(f"{PREFIX}/"):  # a server that does not pass it on, or a whole URL
        return str(environ["PATH_INFO"]).replace("%", "%25")
    return unquote_to_bytes(KEPT.sub("%25", raw)).decode("latin-1")


def part(text: str) -> str:
    """Return a part of a path as the client wrote it before it was encoded."""
    return unquote(text)
