"""Why a reply decided nothing, as sentences in each language that say what to write instead."""

from collections.abc import Callable

from models import Language
from notifications.replies.parse import Why
from notifications.wording.languages import translations


def reason(why: Why, language: Language) -> str:
    """Return the sentences."""
    return SENTENCES[why](translations(language).gettext)


# Functions, so that babel finds each sentence in `_("...")`.
SENTENCES: dict[Why, Callable[[Callable[[str], str]], str]] = {
    Why.EMPTY: lambda _: _(
        "We found no text of yours in it. Quoted text and attachments do not count, and encrypted "
        "mail cannot be read."
    ),
    Why.NO_ANSWER: lambda _: _(
        "It must begin with a word that counts, such as OK, NO or CHANGES. OK may be followed by "
        "thanks only, NO by a colon and the reason, and CHANGES by a colon and what to change."
    ),
    Why.HESITATION: lambda _: _(
        "An approval cannot carry a condition, a doubt, a question or a wish, not even in a "
        "signature. Approve without one, send the message back with CHANGES: and what to change, "
        "or use the buttons."
    ),
    Why.CONTRADICTION: lambda _: _(
        "It says yes in one place and no in another, and we do not guess which of them counts."
    ),
    Why.NO_COMMENT: lambda _: _(
        "To send the message back, write behind a colon, or in the lines below, what its author "
        "should change."
    ),
    Why.REMARK: lambda _: _(
        "An approval cannot carry a remark, because the message is sent before anyone reads it. "
        "Approve without one, reject with the reason, or use the buttons."
    ),
}
