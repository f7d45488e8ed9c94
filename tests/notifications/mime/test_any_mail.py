"""No bytes crash the parser, or change on their way to the list."""

from dataclasses import replace

from hypothesis import example, given
from hypothesis import strategies as st

from notifications.mime.envelope import with_crlf
from notifications.mime.header_lines import split_mail
from notifications.mime.list_headers import add_list_headers
from notifications.mime.parse import AuthoredMail, Unreadable, read
from tests.notifications.mime.small_mails import HEADING, LIMIT
from tests.notifications.mime.strange_mails import (
    REAL,
    accepted_mails,
    any_bytes,
    built,
    mutated,
    strange,
)

OURS = {
    *("list-id", "list-post", "list-help", "list-owner", "feedback-id", "precedence"),
    *("sender", "message-id", "date", "to"),
}


def understood(raw: bytes) -> AuthoredMail | None:
    """Return None if the mail was refused; any other exception fails the test."""
    try:
        return read(raw, limit=LIMIT)
    except Unreadable:
        return None


def is_one_line(subject: str) -> bool:
    return len(subject.splitlines()) <= 1


@given(any_bytes)
def test_any_bytes_are_a_mail_or_are_refused_with_a_sentence(raw: bytes) -> None:
    mail = understood(raw)

    assert mail is None or is_one_line(mail.subject)


@given(mutated())
def test_a_damaged_mail_is_read_or_refused_with_a_sentence(raw: bytes) -> None:
    mail = understood(raw)

    assert mail is None or is_one_line(mail.subject)


@given(built)
def test_a_mail_of_odd_pieces_is_read_or_refused_with_a_sentence(raw: bytes) -> None:
    mail = understood(raw)

    assert mail is None or is_one_line(mail.subject)


@given(strange, st.text(max_size=30))
@example(REAL[3], "Ä")
def test_a_sent_mail_has_only_the_authors_and_our_fields(raw: bytes, list_name: str) -> None:
    before = split_mail(raw)

    sent = add_list_headers(raw, replace(HEADING, list_name=list_name))

    after = split_mail(sent)
    assert after.body == before.body
    assert sent == with_crlf(sent)
    authors = [field.lines for field in before.fields]
    new = [field for field in after.fields if field.lines not in authors]
    assert {field.name for field in new} <= OURS
    assert len(new) == len({field.name for field in new})
    # A field of ours may happen to be, byte for byte, one that the author wrote elsewhere.
    kept = [f.lines for f in after.fields if f.lines in authors and f.name not in OURS]
    remaining = iter(authors)
    assert all(lines in remaining for lines in kept), "the order is the author's"


def test_an_accepted_mail_reads_the_same_when_it_is_sent() -> None:
    for raw in accepted_mails():
        sent = add_list_headers(raw, HEADING)

        assert understood(sent) == understood(raw), raw
        assert add_list_headers(raw, HEADING) == sent, raw
        assert add_list_headers(sent, HEADING) == sent, raw
