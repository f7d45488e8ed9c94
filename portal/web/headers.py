"""Security headers of every response."""

from flask import Flask, Response

# Only our scripts and styles, none inline.  `data:` is for the QR code of a second factor.  HTML of
# messages is shown in a frame of our own, whose response has a stricter policy.
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
    # URLs of mailed links are secrets, which must not reach another site's log.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

A_YEAR = 31_536_000  # seconds; required by browsers' preload lists


def add_security_headers(app: Flask, *, https: bool) -> None:
    """Add the headers to every response, unless the view has set them."""

    def with_headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if https:
            response.headers["Strict-Transport-Security"] = f"max-age={A_YEAR}"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    app.after_request(with_headers)
