"""Mail that a program wrote is recognised by its header, whatever its text says."""

import pytest

from notifications.automatic.detect import Automatic, is_automatic
from notifications.mime.header_lines import split_mail
from tests.notifications.replies.reply_tables import FOLDER

MAILS = sorted((FOLDER / "automatic").glob("*.eml"))
BOUNCES = sorted((FOLDER / "bounces").glob("*.eml"))

OURS = ["listgate@lists.example.org", "moderation@lists.example.org"]


def reason(raw: bytes, sender: str | None = None) -> Automatic | None:
    """Return `is_automatic`'s reason, with the sender of the mail's own Return-Path."""
    paths = [field.value for field in split_mail(raw).fields if field.name == "return-path"]
    return is_automatic(raw, paths[0].decode() if sender is None else sender, own_addresses=OURS)


def name_of(found: Automatic | None) -> str:
    """Return the reason as it begins a file name."""
    return "PERSON" if found is None else found.name


def test_a_mail_is_automatic_for_the_reason_in_its_file_name() -> None:
    found = {path.name: name_of(reason(path.read_bytes())) for path in MAILS}

    assert found == {path.name: path.name.partition("--")[0] for path in MAILS}


def test_a_bounce_is_automatic() -> None:
    assert [path.name for path in BOUNCES if reason(path.read_bytes()) is None] == []


def test_every_reason_has_a_sample() -> None:
    shown = {path.name.partition("--")[0] for path in MAILS}

    assert {each.name for each in Automatic} - shown == {"UNREADABLE"}


def test_the_null_sender_is_automatic() -> None:
    for sender in ["", "<>", " <> "]:
        assert reason(b"Subject: Re: x\n\nok\n", sender) is Automatic.NULL_SENDER


def test_a_return_path_in_the_header_counts_too() -> None:
    raw = b"Return-Path: <>\nFrom: grace@example.org\n\nok\n"

    assert reason(raw, "grace@example.org") is Automatic.NULL_SENDER


@pytest.mark.parametrize("own", ["Moderation@Lists.example.org", "moderation+x@lists.example.org"])
def test_our_own_address_is_recognised_in_any_form(own: str) -> None:
    assert reason(b"\nok\n", own) is Automatic.OWN
    assert reason(f"From: {own}\n\nok\n".encode(), "grace@example.org") is Automatic.OWN


def test_fields_count_in_any_case_and_folded() -> None:
    raw = b"AUTO-SUBMITTED:\n  Auto-Replied\n\nok\n"

    assert reason(raw, "grace@example.org") is Automatic.AUTO_SUBMITTED


def test_repeated_fields_all_count() -> None:
    raw = b"Auto-Submitted: no\nAuto-Submitted: auto-replied\n\nok\n"

    assert reason(raw, "grace@example.org") is Automatic.AUTO_SUBMITTED


def test_a_field_in_the_body_does_not_count() -> None:
    assert reason(b"Subject: Re: x\n\nAuto-Submitted: auto-replied\n", "grace@example.org") is None


@pytest.mark.parametrize(
    "raw",
    [
        b"From: " + b"grace@example.org, " * 1_000 + b"\n\nok\n",
        (b"X-Long: " + b"y" * 990 + b"\n") * 1_001 + b"\nok\n",
    ],
)
def test_an_impossible_header_is_automatic(raw: bytes) -> None:
    assert reason(raw, "grace@example.org") is Automatic.UNREADABLE


def test_only_the_start_of_a_subject_is_decoded() -> None:
    raw = b"Subject: Re: " + b"=?utf-8?q?a?= " * 50_000 + b"\n\nok\n"

    assert reason(raw, "grace@example.org") is None


def test_a_reason_is_a_sentence() -> None:
    assert all(each.startswith(("its ", "it ")) for each in Automatic)
