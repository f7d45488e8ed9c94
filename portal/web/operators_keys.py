"""The keys that the operator's SECRET_KEY makes, for the request's application."""

from flask import current_app

from notifications.letters.keys import Keys


def own_keys() -> Keys:
    """Return the keys; a token in a URL counts only if they derive it."""
    return Keys.from_settings(current_app.config["LISTGATE"])
