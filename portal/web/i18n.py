"""In which language a page is, and sentences in it."""

from flask import g, request

from models import Language
from notifications.wording.languages import translations
from portal.web.sign_in import reader


def page_language() -> Language:
    """The language of the person a page is for, or else the one that the browser likes best."""
    if "language" in g:
        known: Language = g.language
        return known
    if user := reader():
        return user.language
    best = request.accept_languages.best_match([one.value for one in Language])
    return Language(best or Language.ENGLISH)


def gettext(sentence: str) -> str:
    """A sentence in the page's language, for what a view says itself."""
    return translations(page_language()).gettext(sentence)


def ngettext(one: str, many: str, number: int) -> str:
    """The sentence for this number, in the page's language."""
    return translations(page_language()).ngettext(one, many, number)
