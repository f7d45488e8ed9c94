"""A list's mail has the author's body, byte for byte, and the list's header."""

from dataclasses import replace
from datetime import datetime
from email import message_from_bytes, policy

import pytest

from notifications.mime.header_lines import split_mail
from notifications.mime.list_headers import Unsubscribing, add_list_headers
from tests.notifications.mime.small_mails import FROM, HEADING


def names(mail: bytes) -> list[str]:
    return [field.name for field in split_mail(mail).fields]


def value(mail: bytes, name: str) -> str:
    (field,) = [field for field in split_mail(mail).fields if field.name == name]
    return field.value.decode()


ADDED = (
    b"Date: Wed, 31 Jan 2029 12:30:00 +0000\r\n"
    b'List-Id: "Announcements" <announce.lists.example.org>\r\n'
    b"List-Post: <mailto:announce@lists.example.org>\r\n"
    b"List-Help: <https://listgate.example.org/my/lists>\r\n"
    b"List-Owner: <mailto:listgate@example.org>\r\n"
    b"Feedback-ID: 7:announce:announcement:listgate\r\n"
    b"Precedence: list\r\n"
)


def test_the_authors_fields_stay_byte_for_byte_and_in_order() -> None:
    raw = (
        b"From:ada@example.org\r\nX-Odd  : \tkept\r\nSubject: =?utf-8?q?a?=\r\n  folded\t\r\n"
        b"dkim-signature: v=1\r\nTo: somebody:;\r\nMessage-ID: <1@x>\r\n"
    )
    body = b"\r\nGr\xfc\xdfe\t \r\n--\r\n\x0c\r\n.\r\nno end"

    sent = add_list_headers(raw + b"Date: yesterday\r\n\r\n" + body, HEADING)

    assert sent == raw + ADDED + b"\r\n" + body


def test_missing_fields_are_added() -> None:
    sent = add_list_headers(FROM + b"\r\nHello", HEADING)

    ours = b"Message-ID: <message.7@lists.example.org>\r\nTo: announce@lists.example.org\r\n"
    assert sent == FROM + ours + ADDED + b"\r\nHello"


def test_the_authors_date_stays_only_below_a_signature_that_covers_it() -> None:
    for signature, change, kept in [
        ("v=1; h=from:date:to; b=x", {}, True),
        ("v=1; h = From : \r\n\tDate ; b=x", {}, True),
        ("v=1; h=from:to; b=date", {}, False),
        ("v=1; h=from:date; b=x", {"new_body": True}, False),
        ("v=1; h=from:date; b=x", {"from_list": True}, False),
    ]:
        raw = FROM + f"Date: yesterday\r\nDKIM-Signature: {signature}\r\n\r\n".encode()

        sent = add_list_headers(raw, replace(HEADING, **change))  # type: ignore[arg-type]

        assert (value(sent, "date") == "yesterday") == kept
        assert ("dkim-signature" in names(sent)) == (not change)


def test_the_ways_to_unsubscribe_are_listed() -> None:
    ways = Unsubscribing(("https://x.example/u/t", "mailto:u+t@x.example"), one_click=True)

    sent = add_list_headers(FROM + b"\r\n", replace(HEADING, unsubscribing=ways))

    assert value(sent, "list-unsubscribe") == "<https://x.example/u/t>, <mailto:u+t@x.example>"
    assert value(sent, "list-unsubscribe-post") == "List-Unsubscribe=One-Click"


def test_from_can_be_the_list_and_replies_go_to_the_author() -> None:
    for written, shown, reply_to in [
        (
            "ada@other.example",
            "Ada Lovelace via Announcements <announce@lists.example.org>",
            "ada@other.example",
        ),
        (
            '"Countess" <ada@other.example>',
            "Countess via Announcements <announce@lists.example.org>",
            '"Countess" <ada@other.example>',
        ),
        (
            "=?utf-8?q?Ad=C3=A4?=\r\n <ada@other.example>\r\nReply-To: office@other.example",
            "Adä via Announcements <announce@lists.example.org>",
            "office@other.example",
        ),
    ]:
        raw = f"From: {written}\r\n\r\n".encode()

        sent = add_list_headers(raw, replace(HEADING, from_list=True))

        assert str(message_from_bytes(sent, policy=policy.default)["From"]) == shown
        assert value(sent, "reply-to") == reply_to
        assert "sender" not in names(sent)


def test_a_mail_with_a_cc_needs_no_to() -> None:
    assert "to" not in names(add_list_headers(FROM + b"Cc: grace@example.org\r\n\r\n", HEADING))


@pytest.mark.parametrize("name", ["To", "Message-ID"])
def test_an_empty_field_counts_as_missing(name: str) -> None:
    sent = add_list_headers(FROM + name.encode() + b": \r\n \r\n\r\n", HEADING)

    assert value(sent, name.lower())


def test_fields_of_an_earlier_transmission_are_dropped() -> None:
    for name in [
        "Bcc",
        "Return-Path",
        "Received",
        "Delivered-To",
        "X-Original-To",
        "Errors-To",
        "List-Id",
        "List-Unsubscribe",
        "List-Archive",
        "Precedence",
        "Sender",
        "Resent-From",
        "Resent-Bcc",
        "ARC-Seal",
        "Authentication-Results",
        "Return-Receipt-To",
        "X-Listgate-A",
        "Disposition-Notification-To",
    ]:
        field = name.encode() + b": eve@\r\n\tevil.example\r\n"

        sent = add_list_headers(field.upper() + FROM + field.lower() + b"\r\n" + field, HEADING)

        header, _, body = sent.partition(b"\r\n\r\n")
        assert b"evil" not in header.lower()
        assert body == field


def test_the_author_is_the_sender_if_from_names_another_person() -> None:
    for written, sender in [
        ("ada@example.org", False),
        ("Ada Lovelace <Ada@Example.ORG>", False),
        ("grace@example.org", True),
        ("ada@example.org, grace@example.org", True),
        ('"ada@example.org" <grace@example.org>', True),
        ("ada@example.org <grace@example.org>", True),
        ("(", True),
    ]:
        sent = add_list_headers(f"From: {written}\r\n\r\n".encode(), HEADING)

        assert ("sender" in names(sent)) == sender
        if sender:
            assert value(sent, "sender") == "ada@example.org"


def test_the_line_of_an_mbox_file_is_dropped() -> None:
    sent = add_list_headers(b"From ada Mon Jan  1 00:00:00 2029\n" + FROM + b"\nFrom me\n", HEADING)

    assert sent.startswith(FROM)
    assert sent.endswith(b"\r\n\r\nFrom me\r\n")


def test_a_mail_without_a_body_gets_an_empty_one() -> None:
    for raw in (FROM, FROM.rstrip(), FROM + b"\r\n"):
        assert add_list_headers(raw, HEADING).endswith(b"Precedence: list\r\n\r\n")


def test_the_name_of_a_list_can_have_any_script() -> None:
    for name in [
        "Announcements",
        'The "best" \\ list',
        "",
        "Ankündigungen",
        "日本語のお知らせ" * 10,
        "a very long name " * 12,
        "x" * 300,
        "=?utf-8?q?Hello=0D=0ABcc:_eve@evil.example?=",
        "line\r\nBcc: eve@evil.example\t and \x01 tab",
    ]:
        sent = add_list_headers(FROM + b"\r\n", replace(HEADING, list_name=name))

        lines = sent.partition(b"\r\n\r\n")[0].split(b"\r\n")
        assert all(len(line) <= 78 and line.isascii() for line in lines)
        # Python takes the field for mere text, in which a quoted string is not unquoted.
        shown = str(message_from_bytes(sent, policy=policy.default)["List-Id"])
        plain = " ".join(name.split())
        quoted = '"' + plain.replace("\\", "\\\\").replace('"', '\\"') + '"'
        known = ("<announce.lists.example.org>", f"{plain} <announce.lists.example.org>")
        assert shown in (*known, f"{quoted} <announce.lists.example.org>")
        assert names(sent).count("bcc") == 0


def test_international_domains_are_written_in_ascii() -> None:
    heading = replace(
        HEADING,
        list_id="announce.bücher.example",
        list_address="announce+x@bücher.example",
        author_address="ada@bücher.example",
        message_id="<message.7@bücher.example>",
    )

    sent = add_list_headers(FROM + b"\r\n", heading)

    assert sent.isascii()
    assert value(sent, "list-post") == "<mailto:announce+x@xn--bcher-kva.example>"
    assert value(sent, "sender") == "ada@xn--bcher-kva.example"


def test_values_that_do_not_fit_into_a_header_are_refused(subtests: pytest.Subtests) -> None:
    for field, wrong in [
        ("list_id", "a\r\nBcc: eve@evil.example"),
        ("list_address", "a@x\n"),
        ("author_address", "a b@x"),
        ("message_id", "message.7@x"),
        ("message_id", "<a@b>\r\nBcc: <c@d>"),
        ("date", datetime(2029, 1, 1)),  # noqa: DTZ001 - a naive one is the point
        ("list_id", "x.\u2488.é"),
    ]:
        changes: dict[str, object] = {field: wrong}
        with subtests.test(field=field), pytest.raises(ValueError, match=r"\w"):
            replace(HEADING, **changes)  # type: ignore[arg-type]
