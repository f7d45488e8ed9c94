"""The language of a page, and gettext in it."""

from flask import g, request

from models import Language
from notifications.wording.languages import translations
from portal.web.sign_in import reader


def page_language() -> Language:
    """Return the language of the page's reader, or else the browser's preferred one.

    The reader's is remembered: a page asks for it with each of its sentences.
    """
    if "language" not in g:
        user = reader()
        if user is None:
            return accepted_language()
        g.language = user.language
    known: Language = g.language
    return known


def accepted_language() -> Language:
    """Return the language that the client prefers (Accept-Language)."""
    best = request.accept_languages.best_match([one.value for one in Language])
    return Language(best or Language.ENGLISH)


def gettext(sentence: str) -> str:
    """Translate a sentence into the page's language."""
    return translations(page_language()).gettext(sentence)


def ngettext(one: str, many: str, number: int) -> str:
    """Translate a sentence with a number into the page's language."""
    return translations(page_language()).ngettext(one, many, number)
