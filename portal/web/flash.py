"""Messages that the next page shows once, after a form has changed something."""

import flask


def flash(sentence: str) -> None:
    """Show a translated sentence on the next page."""
    flask.flash(sentence, "status")
