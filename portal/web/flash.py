"""Messages that the next page shows once, after a form has changed something."""

import flask


def flash(sentence: str, *, url: str = "status") -> None:
    """Show a translated sentence on the next page, with a link if `url` is one of the portal."""
    flask.flash(sentence, url)
