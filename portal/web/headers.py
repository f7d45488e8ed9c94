"""What every response tells the browser not to do."""

from flask import Flask, Response

# No script and no style but ours, none of them inline; `data:` is the picture of a second factor's
# secret.  A message's HTML is shown in a frame of our own, which has a stricter policy itself.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Some addresses open a door; none is to stand in another site's log.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

A_YEAR = 31_536_000  # seconds; what browsers' preload lists ask for


def keep_safe(app: Flask, *, https: bool) -> None:
    """Put the headers on every response; a view's own headers count before these."""

    def with_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if https:
            response.headers["Strict-Transport-Security"] = f"max-age={A_YEAR}"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    app.after_request(with_headers)
