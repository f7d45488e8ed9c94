"""A browser without a window: it keeps cookies, and sends forms with their token."""

import re
from html import unescape
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Browser:
    """One person's browser at a portal."""

    def __init__(self, portal: str) -> None:
        self.portal = portal
        self.cookies = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self.cookies))
        self.path, self.page = "", ""

    def get(self, path: str) -> str:
        """Open a page; return it."""
        return self._open(path)

    def send(self, path: str, **fields: str) -> str:
        """Send the form of this page; return the page that follows, also if it is refused."""
        token = TOKEN.search(self.get(path))
        assert token, f"no form at {path}"
        return self.post(path, csrf_token=token[1], **fields)

    def press(self, path: str, **fields: str) -> str:
        """Send a form of the page that is open."""
        token = TOKEN.search(self.page)
        assert token, "no form is open"
        return self.post(path, csrf_token=token[1], **fields)

    def post(self, path: str, **fields: str) -> str:
        """Send just this."""
        return self._open(path, urlencode(fields).encode())

    def _open(self, path: str, form: bytes | None = None) -> str:
        try:
            with self._opener.open(self.portal + path, form) as answer:
                self.path = answer.url.removeprefix(self.portal)
                self.page = unescape(answer.read().decode())
        except HTTPError as refused:
            with refused:
                self.page = unescape(refused.read().decode())
        return self.page
