"""The field of a form that a refusal is about, so that the page marks it, and no other."""

from collections.abc import Callable, Mapping
from enum import StrEnum

from models import (
    ActsFor,
    FromField,
    Language,
    ListDelivery,
    ListKind,
    Preference,
    Refusal,
    SelfService,
    WhoMayAsk,
)
from models.sendout import MAX_COPIES
from notifications.mime.parse import Unreadable

Form = Mapping[str, str]
# Finds the field among several that a sentence may be about.
Choose = Callable[[Form, Mapping[str, object]], str]

CHOICES: Mapping[str, type[StrEnum]] = {
    "language": Language,
    "preference": Preference,
    "kind": ListKind,
    "delivery": ListDelivery,
    "who_may_ask": WhoMayAsk,
    "self_service": SelfService,
    "from_field": FromField,
    "acts_for": ActsFor,
}


def refused_field(refusal: Refusal, form: Form) -> str:
    """Return the name of the field that the refusal is about; empty if it is about none.

    `form` has the submitted fields, and "" or the file's name for each field of files.
    """
    found = FIELDS.get(refusal.sentence, of_mail if isinstance(refusal, Unreadable) else "")
    name = found if isinstance(found, str) else found(form, refusal.facts)
    return name if name in form else ""


def of_mail(form: Form, _facts: Mapping[str, object]) -> str:
    """Return the uploaded file, or what was typed that a mail cannot hold."""
    if "file" in form:
        return "file"
    return next(
        (name for name in ("subject", "text", "html") if "\0" in form.get(name, "")), "text"
    )


def of_size(form: Form, facts: Mapping[str, object]) -> str:
    """Return the field that made the message too large."""
    return "attachments" if form.get("attachments") else of_mail(form, facts)


def of_header_field(form: Form, facts: Mapping[str, object]) -> str:
    """Return the subject, if it is typed in this form; the name of its author is not."""
    if "file" in form:
        return "file"
    return "subject" if facts.get("field", "Subject") == "Subject" else ""


def first_empty(*names: str) -> Choose:
    """Choose the first field that was left empty."""
    return lambda form, _: next((one for one in names if not form.get(one, "").strip()), names[-1])


def rate_field(form: Form, facts: Mapping[str, object]) -> str:
    """Return the half of a rate that is no number, or more or less than is allowed."""
    copies, most = form.get("rate_copies", "").strip(), facts.get("copies", MAX_COPIES)
    in_bounds = copies.isdecimal() and len(copies) < 20 and 1 <= int(copies) <= int(str(most))
    return "rate_minutes" if in_bounds else "rate_copies"


def share_field(form: Form, facts: Mapping[str, object]) -> str:
    """Return the share of the message that the refusal names, or else the first one."""
    shares = [name for name in form if name.startswith("share_")]
    named = f"share_{facts.get('number')}"
    return named if named in shares else next(iter(shares), "")


def day_field(form: Form, _facts: Mapping[str, object]) -> str:
    """Return the first or last day of an absence, whichever is not a date."""
    first = form.get("first", "")
    return "last" if len(first) == len("2027-01-31") and first[:4].isdecimal() else "first"


def clock_field(form: Form, _facts: Mapping[str, object]) -> str:
    """Return the end of a window that is not a time of day."""
    opens = form.get("window_opens", "").strip()
    return "window_closes" if opens[2:3] == ":" and opens[:2].isdecimal() else "window_opens"


def unknown_choice(form: Form, _facts: Mapping[str, object]) -> str:
    """Return the first select whose value is not one of its choices."""
    sent = ((name, kind) for name, kind in CHOICES.items() if name in form)
    return next((name for name, kind in sent if form[name] not in list(kind)), "")


def unknown_approver_list(form: Form, facts: Mapping[str, object]) -> str:
    """Return the select whose value is the number of no approver list."""
    names = ("approver_list", "escalation_list")
    return next((one for one in names if form.get(one) == str(facts.get("number"))), names[0])


def with_field(form: Form, facts: Mapping[str, object]) -> str:
    """Return the field of the form in which the wrong personal field was typed."""
    wrong = str(facts.get("field") or facts.get("mark") or "{{")
    names = ("subject", "text", "html")
    return next((name for name in names if wrong in form.get(name, "")), of_mail(form, facts))


# By sentence; an `Unreadable` that is not here is about the mail that was typed or uploaded.  What
# no form has a field for is in tests/portal/web/test_refused_fields.py, with the reason.
FIELDS: Mapping[str, str | Choose] = {
    "This is not an e-mail address: it needs one @ sign.": "address",
    "This is not an e-mail address: the part before the @ sign is not allowed.": "address",
    "This is not an e-mail address: the part after the @ sign is not a domain.": "address",
    "This e-mail address is too long: mail allows 64 bytes before the @ sign, and 254 in "
    "all.": "address",
    "An address that begins with # would be a comment in the list server's file.": "address",
    "There is no user with this address.": "address",
    "There is already a user with this address.": "address",
    "Another user has this address.": "address",
    "Before the @, a list's address has only letters a-z, digits and . _ + -, and begins with a "
    "letter, a digit or _.": "address",
    "The mailing list %(list)s already has this address.": "address",
    "The name must be one line of text.": "name",
    "The role's name must be one line of text.": "name",
    "The list's name must be one line of text.": "name",
    "The approver list's name must be one line of text.": "name",
    "The name of the set must be one line of text.": "name",
    "The service's name must be one line of text.": "name",
    "A name has at most %(most)d characters.": "name",
    "There is already a role %(role)s.": "name",
    "There is already an approver list %(name)r.": "name",
    "There is already a set of lists %(name)r.": "name",
    "There is already a service %(service)s.": "name",
    "The audit log uses the name %(service)s for others.": "name",
    "A key lasts 1 to %(most)d days.": "days",
    "There is already a mailing list %(name)r.": "short_name",
    "A short name has 1 to 64 of the characters a-z 0-9 . _ -, begins and ends with a letter or "
    "digit, and has no two dots in a row.": "short_name",
    "The description must be text.": "description",
    "A description has at most %(most)s characters.": "description",
    "Please choose a list.": "list",
    "A personal field has no end: “{{” without “}}”.": with_field,
    "A text has at most %(most)d personal fields.": with_field,
    "The text contains %(mark)s, but only personal fields are filled in.": with_field,
    "There is no personal field “%(field)s”: there are name, list and unsubscribe_url.": with_field,
    "“{{ %(field)s }}” is not a personal field. There are {{ name }}, {{ list }} and "
    '{{ unsubscribe_url }}, and {{ name|default("member") }}.': with_field,
    "A message to those who did not get an earlier one stays on its list.": "list",
    "There is no mailing list %(name)r.": "list",
    "The list %(list)s is archived.": "list",
    "Only its authors may write to the list %(list)s, and %(user)s is not one of them.": "list",
    "Only its members and authors may write to the list %(list)s, and %(user)s is neither.": "list",
    "The limit of open requests is a number, or 0 for no limit.": "max_open_requests",
    "The limit of open requests is 1 to %(most)d, or 0 for no limit.": "max_open_requests",
    "There is no approver list %(number)d.": unknown_approver_list,
    "Please choose one of the options.": unknown_choice,
    "This is not one of the choices.": unknown_choice,
    "There is no such time zone.": "time_zone",
    "A phone number begins with + and the country, such as +33 6 12 34 56 78.": "phone",
    "No phone can have this number: a digit may be wrong or missing.": "phone",
    "Another user has this telephone number.": "phone",
    "%(user)s has no telephone number to send an SMS to.": "phone",
    "The address or the password is wrong.": "password",
    "The old password is wrong.": "old",
    "A password needs at least 12 characters; several words work well.": "new",
    "A password has at most 1,024 characters.": "new",
    "This password is easy to guess: it is common, or too close to your address, your name or "
    "Listgate. Several words work well.": "new",
    "This code is wrong or has already been used.": "code",
    "This recovery code is wrong or has already been used.": "recovery",
    "Say in a comment what the author should change.": "comment",
    "A comment may have at most %(most)d characters, and no NUL.": "comment",
    "Please choose a file.": "file",
    "Please choose a file with addresses.": "file",
    "The file is too large for this page; please use the command line.": "file",
    "The message has %(size)s bytes, and at most %(most)s can be sent. Please leave something out, "
    "or send a link to it.": of_size,
    "The Subject field contains a hidden control character.": of_header_field,
    "The %(field)s field contains a hidden line break or another control character.": (
        of_header_field
    ),
    "This is not a date such as 2027-01-31.": day_field,
    "The last day is before the first day.": "last",
    "The last day is in the past.": "last",
    "An absence ends within %(days)d days.": "last",
    "%(user)s is already away from %(first)s to %(last)s.": "first",
    "A deputy is another person.": "deputy",
    "A deputy is a member, author or approver of a list for which %(user)s answers.": "deputy",
    "Please enter a time.": "send_at",
    "This is not a date and time such as 2027-01-31T09:00.": "send_at",
    "Clocks are put back then, and show this time twice. "
    "Choose %(first)s or %(second)s.": "send_at",
    "Clocks are put forward then, and skip this time. Choose %(earlier)s or %(later)s.": "send_at",
    "The send time is in the past: %(time)s.": "send_at",
    "The send time is outside the calendar.": "send_at",
    "The send time needs a time zone, as in 2027-01-31T09:00+01:00.": "send_at",
    "A rate needs both a number of copies and a number of minutes.": first_empty(
        "rate_copies", "rate_minutes"
    ),
    "A rate is 1 to %(copies)d copies in 1 to %(minutes)d minutes.": rate_field,
    "Write a rate like 500/30: 500 copies in 30 minutes.": rate_field,
    "The list allows at most %(copies)d copies in %(minutes)d minutes: choose no more copies and "
    "no fewer minutes.": rate_field,
    "A sendout is spread over 1 to %(minutes)d minutes, a week at most.": "span_minutes",
    "Write a span in minutes or hours, like 180 or 3h.": "span_minutes",
    "The list spreads each sendout over %(minutes)d minutes: choose no fewer.": "span_minutes",
    "A message is split into 2 to %(most)d variants.": share_field,
    "A share is at least 1 percent, and all together are at most 100.": share_field,
    "A share is at least one copy, and no more than any list has members.": share_field,
    "The message itself is one of the variants: it needs a share.": share_field,
    "Message %(number)d is not a draft of the same author to the same list, or is split "
    "itself.": share_field,
    "The shares are 100 percent: no one is left for a winner.": "rest_at",
    "Choose when the winner goes to the rest, or share out 100 percent.": "rest_at",
    "The winner goes out after the variants: choose a later time for it.": "rest_at",
    "The winner must be one of the variants.": "winner",
    "This message is split: first make its variants drafts again.": "list",
    "A window needs both an opening and a closing time.": first_empty(
        "window_opens", "window_closes"
    ),
    "Write a time of day like 08:00.": clock_field,
    "A window cannot open and close at the same time.": "window_closes",
    "The message may be sent only at %(window)s, and the list's window is %(other)s: they do not "
    "overlap.": "window_opens",
    "Message %(number)d may be sent only at %(window)s, and the list's new window does not overlap "
    "with that. Have the message rescheduled or recalled first.": "window_opens",
}
