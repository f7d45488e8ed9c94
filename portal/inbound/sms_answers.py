"""The text of the answer to an SMS, in its sender's language."""

from collections.abc import Callable

from models import Language
from notifications.sms.gsm7 import plain, shortened
from notifications.wording.languages import translations
from workflows.inbound.sms import Said, SmsAnswer

MAX_SUBJECT = 60  # septets of the subject in an answer, so that the answer fits one segment


def answer_text(answer: SmsAnswer) -> str:
    """Return the answer in the GSM alphabet; empty if there is none."""
    if answer.said is Said.NOTHING or answer.user is None:
        return ""
    facts = dict(answer.facts)
    if "subject" in facts:
        facts["subject"] = shortened(plain(facts["subject"]), MAX_SUBJECT)
    return plain(sentence(answer.said, answer.user.language) % facts)


def sentence(said: Said, language: Language) -> str:
    """Return the sentence, with gaps for its facts."""
    gettext = translations(language).gettext
    return SENTENCES[said](gettext)


# Functions, so that pybabel finds the sentences in `_("...")`.
SENTENCES: dict[Said, Callable[[Callable[[str], str]], str]] = {
    Said.APPROVED: lambda _: _('Approved: "%(subject)s" for %(list)s. Thank you.'),
    Said.REJECTED: lambda _: _('Rejected: "%(subject)s" for %(list)s. The author is notified.'),
    Said.SENT_BACK: lambda _: _('Sent back: "%(subject)s" for %(list)s. The author is notified.'),
    Said.TOO_LATE: lambda _: _("Too late: %(approver)s answered first. Nothing was done."),
    Said.APPROVED_BEFORE: lambda _: _('You have already approved "%(subject)s" for %(list)s.'),
    Said.REJECTED_BEFORE: lambda _: _('You have already rejected "%(subject)s" for %(list)s.'),
    Said.SENT_BACK_BEFORE: lambda _: _('You have already sent "%(subject)s" for %(list)s back.'),
    Said.APPROVAL_STANDS: lambda _: _(
        'You have already approved "%(subject)s" for %(list)s. Your first answer stands.'
    ),
    Said.REJECTION_STANDS: lambda _: _(
        'You have already rejected "%(subject)s" for %(list)s. Your first answer stands.'
    ),
    Said.RETURN_STANDS: lambda _: _(
        'You have already sent "%(subject)s" for %(list)s back. Your first answer stands.'
    ),
    Said.COMMENT_NEEDED: lambda _: _(
        "Nothing was done: write after the six digits what the author should change."
    ),
    Said.CLOSED: lambda _: _("This was withdrawn or has expired. Nothing was done."),
    Said.NOT_UNDERSTOOD: lambda _: _(
        "Not understood, nothing was done. Answer OK and the six digits, or NO, the six digits "
        "and the reason."
    ),
    Said.HOW: lambda _: _(
        "Listgate asks whether a message may be sent. Answer OK and the six digits, or NO, "
        "the six digits and the reason."
    ),
    Said.WRONG_CODE: lambda _: _(
        "This code matches no open request; nothing was done. Attempts left: %(left)s."
    ),
    Said.LOCKED: lambda _: _("Too many wrong codes: this number is locked for an hour."),
    Said.VIEW_FIRST: lambda _: _(
        "Please log in and read message %(message_id)s first. Nothing was done."
    ),
    Said.OFF: lambda _: _("Answers by SMS are not accepted here; please answer by e-mail."),
    Said.NOT_AN_APPROVER: lambda _: _("You are no longer an approver of this list."),
}
