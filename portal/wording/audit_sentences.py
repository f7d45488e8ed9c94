"""The audit trail in sentences, in the reader's language."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from models import Act, AuditEntry, Door, Language
from notifications.wording.deciders import in_place_of
from notifications.wording.languages import format_day, translations
from notifications.wording.sendout_words import recorded_words
from portal.wording.letter_names import LETTERS
from portal.wording.refusal_sentences import refusal_words
from workflows.queries.audit_search import NO_NAMES, Names

Detail = Mapping[str, Any]

# Marks a sentence for pybabel; it is translated when it is rendered.
_ = str


def sentence(
    entry: AuditEntry, language: Language = Language.ENGLISH, names: Names = NO_NAMES
) -> str:
    """Return an entry as a sentence; `names` are those of the ids in it."""
    gettext = translations(language).gettext
    detail = entry.detail or {}
    actor = acting_words(entry, language)
    facts = {**words(detail, language), "actor": actor, **names.of(entry)}
    try:
        return gettext(template(Act(entry.act), detail)) % facts
    except (KeyError, TypeError, ValueError):
        # Written by another version.
        return f"{actor} {entry.act.replace('_', ' ')}"


def acting_words(entry: AuditEntry, language: Language) -> str:
    """Return who acted: for whom as a deputy, and through which service."""
    gettext = translations(language).gettext
    if entry.actor_id is None:
        return entry.actor if entry.actor == entry.service else gettext(entry.actor)
    actor = in_place_of(entry.actor, (entry.detail or {}).get("absent"), language)
    if entry.service is None:
        return actor
    through = gettext("%(actor)s (through %(service)s)")
    return through % {"actor": actor, "service": entry.service}


def label(act: Act, language: Language) -> str:
    """Return the act's sentence with "…" for every fact."""
    gaps: Mapping[str, str] = defaultdict(lambda: "…")
    return translations(language).gettext(template(act, gaps)) % gaps


def door_words(door: Door, language: Language) -> str:
    """Return the door's name."""
    return translations(language).gettext(DOORS[door])


def template(act: Act, detail: Detail) -> str:
    """Return the sentence for these facts."""
    choice = SENTENCES[act]
    return choice if isinstance(choice, str) else choice(detail)


def words(detail: Detail, language: Language) -> dict[str, Any]:
    """Return the facts; our own words are translated."""
    facts, gettext = dict(detail), translations(language).gettext
    for fact, known in (("channel", CHANNELS), ("letter", LETTERS)):
        if fact in facts:
            facts[fact] = gettext(known.get(facts[fact], str(facts[fact])))
    counts = {gettext(state): detail[key] for key, state in OUTCOMES.items() if key in detail}
    facts["outcome"] = ", ".join(f"{number} {state}" for state, number in counts.items())
    facts["outcome"] = facts["outcome"] or gettext(_("nobody"))
    if "template" in facts:
        facts["sentence"] = refusal_words(facts["template"], facts["facts"], language=language)
    for fact in DAYS & detail.keys():
        facts[fact] = format_day(date.fromisoformat(detail[fact]), language)
    if "rate" in detail:
        facts["rules"] = recorded_words(detail, language)
    return facts


DOORS: Mapping[Door, str] = {
    Door.PORTAL: _("portal"),
    Door.LINK: _("link in an e-mail"),
    Door.MAIL: _("reply by e-mail"),
    Door.UNSUBSCRIBE: _("unsubscribe link or address in a message"),
    Door.COMPLAINT: _("complaint to a mailbox provider"),
    Door.SMS: _("reply by SMS"),
    Door.COMMAND_LINE: _("command line"),
    Door.SERVICE: _("another service"),
    Door.SYSTEM: _("system"),
}

# The actors without a user; entries hold these words.
ACTORS = (_("operator"), _("system"), _("unknown sender"))

CHANNELS: Mapping[str, str] = {"email": _("email"), "sms": "SMS"}

# Facts that are dates (ISO 8601).
DAYS = {"first", "last"}

OUTCOMES: Mapping[str, str] = {
    "failed": _("failed"),
    "pending": _("pending"),
    "sending": _("being sent"),
    "sent": _("sent"),
    "uncertain": _("uncertain"),
}

Sentence = str | Callable[[Detail], str]

SENTENCES: Mapping[Act, Sentence] = {
    Act.ADDED_USER: _("%(actor)s added %(user)s"),
    Act.DISABLED_USER: _("%(actor)s disabled %(user)s"),
    Act.ENABLED_USER: _("%(actor)s enabled %(user)s"),
    Act.GRANTED_ROLE: lambda detail: (
        _("%(actor)s gave %(user)s the role %(role)s on the list %(on_list)s")
        if "on_list" in detail
        else _("%(actor)s gave %(user)s the role %(role)s on the set of lists %(on_set)s")
        if "on_set" in detail
        else _("%(actor)s gave %(user)s the role %(role)s")
    ),
    Act.EDITED_ROLE: _("%(actor)s edited the role %(role)s (rights %(rights)s)"),
    Act.CREATED_LIST: _("%(actor)s created the list %(name)s"),
    Act.CREATED_LIST_SET: _("%(actor)s created the set of lists %(list_set)s (%(lists)s)"),
    Act.EDITED_LIST_SET: _("%(actor)s changed the set of lists %(list_set)s (now %(lists)s)"),
    Act.DELETED_LIST_SET: _("%(actor)s deleted the set of lists %(list_set)s"),
    Act.CREATED_APPROVER_LIST: _("%(actor)s created the approver list %(approver_list)s"),
    Act.EDITED_APPROVER_LIST: _("%(actor)s changed who is on the approver list %(approver_list)s"),
    Act.ASSIGNED_APPROVERS: lambda detail: (
        _("%(actor)s made %(approver_list)s the second approver list of %(list)s")
        if detail["escalation"]
        else _("%(actor)s made %(approver_list)s the approver list of %(list)s")
    ),
    Act.SET_ABSENCE: lambda detail: (
        _("%(actor)s entered that %(user)s is away from %(first)s to %(last)s; deputy: %(deputy)s")
        if "deputy" in detail
        else _("%(actor)s entered that %(user)s is away from %(first)s to %(last)s, with no deputy")
    ),
    Act.ENDED_ABSENCE: _("%(actor)s ended the absence of %(user)s from %(first)s to %(last)s"),
    Act.CHANGED_ADDRESS: _("%(actor)s changed the address of %(user)s"),
    Act.REMOVED_USER: _("%(actor)s removed %(user)s"),
    Act.ADDED_PEOPLE: _("%(actor)s added %(count)s people"),
    Act.SYNCED_PEOPLE: _(
        "%(actor)s synchronized the people of %(register)s (new: %(added)s, disabled: %(disabled)s)"
    ),
    Act.SUBSCRIBED: _("%(actor)s subscribed %(user)s to %(list)s"),
    Act.UNSUBSCRIBED: _("%(actor)s unsubscribed %(user)s from %(list)s"),
    Act.ASKED_TO_JOIN: _("%(actor)s asked to join %(list)s"),
    Act.ACCEPTED_MEMBER: lambda detail: (
        _("%(actor)s accepted the request of %(user)s to join %(list)s: %(comment)s")
        if detail["comment"]
        else _("%(actor)s accepted the request of %(user)s to join %(list)s")
    ),
    Act.DECLINED_MEMBER: lambda detail: (
        _("%(actor)s declined the request of %(user)s to join %(list)s: %(comment)s")
        if detail["comment"]
        else _("%(actor)s declined the request of %(user)s to join %(list)s")
    ),
    Act.ENDED_JOIN_REQUEST: lambda detail: (
        _("%(actor)s withdrew the request of %(user)s to join %(list)s")
        if detail["state"] == "withdrawn"
        else _("%(actor)s ended the request of %(user)s to join %(list)s: no answer came")
    ),
    Act.SUSPENDED: _("%(actor)s suspended %(user)s on %(list)s: mail to them came back"),
    Act.RESUMED: _("%(actor)s resumed the subscription of %(user)s to %(list)s"),
    Act.IMPORTED: _("%(actor)s imported members into %(list)s (new: %(joined)s)"),
    Act.ASKED_FOR_PUSH: _("%(actor)s asked for a push of %(list)s"),
    Act.HELD_PUSH: _("%(actor)s held the push of %(list)s: it would remove too many addresses"),
    Act.CONFIRMED_PUSH: _("%(actor)s confirmed the push of %(list)s (removals: %(removals)s)"),
    Act.EDITED_LIST: _("%(actor)s edited the list %(list)s"),
    Act.SET_SENDOUT_RULES: _("%(actor)s set the sendout rules of %(list)s: %(rules)s"),
    Act.ARCHIVED_LIST: _("%(actor)s archived the list %(list)s"),
    Act.UNARCHIVED_LIST: _("%(actor)s took the list %(list)s out of the archive"),
    Act.DELETED_APPROVER_LIST: _("%(actor)s deleted the approver list %(approver_list)s"),
    Act.REVOKED_ROLE: lambda detail: (
        _("%(actor)s took the role %(role)s on the list %(on_list)s from %(user)s")
        if "on_list" in detail
        else _("%(actor)s took the role %(role)s on the set of lists %(on_set)s from %(user)s")
        if "on_set" in detail
        else _("%(actor)s took the role %(role)s from %(user)s")
    ),
    Act.RENAMED_ROLE: _("%(actor)s renamed the role %(before)s to %(role)s"),
    Act.DELETED_ROLE: _("%(actor)s deleted the role %(role)s"),
    Act.REWROTE: _("%(actor)s changed the draft"),
    Act.DISCARDED: _("%(actor)s deleted the draft"),
    Act.RESCHEDULED: lambda detail: (
        _("%(actor)s set another time or other rules for the sendout: %(rules)s")
        if "rate" in detail
        else _("%(actor)s set another time for the sendout")
    ),
    Act.WROTE: lambda detail: (
        _("%(actor)s wrote the message, to those who did not get message %(rest_of)s")
        if "rest_of" in detail
        else _("%(actor)s wrote the message")
    ),
    Act.SPLIT: _("%(actor)s split the message into %(variants)s variants"),
    Act.UNSPLIT: _("%(actor)s made the variants drafts again"),
    Act.CHOSE_WINNER: _("%(actor)s chose variant %(variant)s for the rest"),
    Act.BEGAN_REST: lambda detail: (
        _("%(actor)s began to send variant %(variant)s to the rest: 1 recipient")
        if detail["recipients"] == 1
        else _("%(actor)s began to send variant %(variant)s to the rest: %(recipients)s recipients")
    ),
    Act.ASKED: _("%(actor)s asked for approval (request %(request_id)s)"),
    Act.NOTIFIED: _("%(actor)s wrote to %(user)s by %(channel)s: %(letter)s"),
    Act.NOT_NOTIFIED: _("%(actor)s could not write to %(user)s (%(letter)s): %(reason)s"),
    Act.FELL_BACK: _("%(actor)s used Listgate's own template: yours for %(template)s failed"),
    Act.REMINDED: _("%(actor)s reminded the approvers of request %(request_id)s"),
    Act.ESCALATED: _("%(actor)s asked the second approver list (request %(request_id)s)"),
    Act.EXPIRED: _("%(actor)s ended request %(request_id)s: nobody answered in time"),
    Act.VIEWED: _("%(actor)s read the message (request %(request_id)s)"),
    Act.CHANGED_CONTACT: _("%(actor)s changed the contact details of %(user)s"),
    Act.LOCKED_PHONE: _("%(actor)s sent five wrong codes by SMS; answers by SMS are locked"),
    Act.STOPPED_SMS: _("%(actor)s wants no more SMS"),
    Act.STARTED_SMS: _("%(actor)s wants SMS again"),
    Act.APPROVED: lambda detail: (
        _("%(actor)s approved: %(comment)s") if detail["comment"] else _("%(actor)s approved")
    ),
    Act.REJECTED: lambda detail: (
        _("%(actor)s rejected: %(comment)s") if detail["comment"] else _("%(actor)s rejected")
    ),
    Act.SENT_BACK: _("%(actor)s sent the message back for changes: %(comment)s"),
    Act.WITHDREW: _("%(actor)s withdrew request %(request_id)s"),
    Act.RELEASED: _("%(actor)s released the message with Right 601"),
    Act.RECALLED: _("%(actor)s recalled the message"),
    Act.RETURNED: _("%(actor)s returned the message: its content is not what was approved"),
    Act.BEGAN_SENDING: lambda detail: (
        _("%(actor)s began to send to 1 recipient")
        if detail["recipients"] == 1
        else _("%(actor)s began to send to %(recipients)s recipients")
    ),
    Act.FINISHED_SENDING: _("%(actor)s finished sending: %(outcome)s"),
    Act.STOPPED_SENDING: _("%(actor)s stopped the sendout"),
    Act.RESUMED_SENDING: _("%(actor)s resumed the sendout"),
    Act.ENDED_SENDOUT: _("%(actor)s ended the stopped sendout"),
    Act.LOST_SIGHT: lambda detail: (
        _("%(actor)s cannot know whether 1 recipient got it: a worker died")
        if detail["deliveries"] == 1
        else _("%(actor)s cannot know whether %(deliveries)s recipients got it: a worker died")
    ),
    Act.RESENT: lambda detail: (
        _("%(actor)s had 1 copy sent again")
        if detail["copies"] == 1
        else _("%(actor)s had %(copies)s copies sent again")
    ),
    Act.SETTLED: lambda detail: (
        _("%(actor)s settled 1 copy in doubt")
        if detail["copies"] == 1
        else _("%(actor)s settled %(copies)s copies in doubt")
    ),
    Act.HELD_SENDOUTS: _("%(actor)s held all sendouts"),
    Act.RELEASED_SENDOUTS: _("%(actor)s released all sendouts"),
    Act.LOGGED_IN: _("%(actor)s logged in"),
    Act.CHANGED_PASSWORD: _("%(actor)s chose a password"),
    Act.TURNED_ON_CODES: _("%(actor)s turned on log-in codes"),
    Act.TURNED_OFF_CODES: _("%(actor)s turned off log-in codes for %(user)s"),
    Act.MADE_RECOVERY_CODES: _("%(actor)s made new recovery codes"),
    Act.USED_RECOVERY_CODE: _("%(actor)s used a recovery code (left: %(left)s)"),
    Act.INVITED: _("%(actor)s invited %(user)s"),
    Act.ADDED_SERVICE: _("%(actor)s added the service %(service)s"),
    Act.EDITED_SERVICE: _("%(actor)s changed what the service %(service)s may do"),
    Act.DISABLED_SERVICE: _("%(actor)s disabled the service %(service)s"),
    Act.ENABLED_SERVICE: _("%(actor)s enabled the service %(service)s"),
    Act.MADE_SERVICE_KEY: _("%(actor)s made key %(key)s of the service %(service)s"),
    Act.REVOKED_SERVICE_KEY: _("%(actor)s revoked key %(key)s of the service %(service)s"),
    Act.NAMED_USER: _("%(actor)s set the key of %(user)s at the service %(service)s"),
    Act.NAMED_LIST: _("%(actor)s set the key of the list %(list)s at the service %(service)s"),
    Act.ADDED_WEBHOOK: _("%(actor)s added webhook %(webhook)s of the service %(service)s"),
    Act.DISABLED_WEBHOOK: _("%(actor)s disabled webhook %(webhook)s of the service %(service)s"),
    Act.ENABLED_WEBHOOK: _("%(actor)s enabled webhook %(webhook)s of the service %(service)s"),
    Act.REMOVED_WEBHOOK: _("%(actor)s removed webhook %(webhook)s of the service %(service)s"),
    Act.ROTATED_WEBHOOK: _(
        "%(actor)s replaced the secret of webhook %(webhook)s of the service %(service)s"
    ),
    Act.REPLAYED_EVENTS: _(
        "%(actor)s had %(events)s events delivered again to webhook %(webhook)s of the service "
        "%(service)s"
    ),
    Act.REFUSED: _("%(actor)s was refused: %(sentence)s"),
}
