"""The name of each letter in the timeline and the audit trail."""

from collections.abc import Mapping

from models import LetterName

# Marks a name for pybabel; it is translated when it is rendered.
_ = str

LETTERS: Mapping[str, str] = {
    LetterName.MODERATE: _("request for approval"),
    LetterName.REMINDER: _("reminder of a request"),
    LetterName.DIGEST: _("digest of requests"),
    LetterName.DECIDED: _("decision by someone else"),
    LetterName.WITHDRAWN: _("withdrawal of a request"),
    LetterName.EXPIRED: _("end of a request that nobody answered"),
    LetterName.APPROVED: _("approval"),
    LetterName.REJECTED: _("rejection"),
    LetterName.SENT_BACK: _("return for changes"),
    LetterName.RETURNED: _("return of a changed message"),
    LetterName.STOPPED: _("stopped sendout"),
    LetterName.DOUBTS: _("copies in doubt"),
    LetterName.WINNER: _("winner to be chosen"),
    LetterName.PROOF: _("proof"),
    LetterName.NOT_UNDERSTOOD: _("reply not understood"),
    LetterName.TOO_LATE: _("reply too late"),
    LetterName.REPEATED: _("reply after one's own decision"),
    LetterName.OTHER_SENDER: _("reply from another address"),
    LetterName.PHONE_LOCKED: _("locked telephone"),
    LetterName.SUSPENDED: _("suspended members"),
    LetterName.SUBSCRIPTION_REQUEST: _("request to join a list"),
    LetterName.SUBSCRIPTION_ANSWER: _("answer to a request to join"),
    LetterName.SYNC_HELD: _("held push"),
    LetterName.SYNC_FAILING: _("failing push"),
    LetterName.SYNC_RECOVERED: _("recovered push"),
    LetterName.LOG_IN: _("log-in link"),
    LetterName.RESET: _("link to a new password"),
    LetterName.INVITATION: _("invitation to Listgate"),
    LetterName.CONFIRM_ADDRESS: _("link to confirm an address"),
    LetterName.PASSWORD_CHANGED: _("new password"),
    LetterName.ADDRESS_CHANGED: _("new address"),
    LetterName.RECOVERY_CODE_USED: _("used recovery code"),
}
