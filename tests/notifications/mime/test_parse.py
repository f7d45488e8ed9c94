"""A mail that an author submits is read, or refused with a sentence for the author."""

import pytest

from notifications.mime.parse import Attachment, AuthoredMail, Unreadable, read
from tests.notifications.mime.small_mails import FROM, LIMIT, multipart
from tests.notifications.mime.strange_mails import REAL


def refusal(raw: bytes, *, limit: int = LIMIT) -> str:
    with pytest.raises(Unreadable) as caught:
        read(raw, limit=limit)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return str(caught.value)


def test_a_plain_letter() -> None:
    assert read(REAL[0], limit=LIMIT) == AuthoredMail("Hello", "Dear members\n", None, ())


def test_words_and_text_in_old_character_sets() -> None:
    assert read(REAL[2], limit=LIMIT) == AuthoredMail("Grüße x", "Grüße, Ada\n", None, ())


def test_text_html_and_attachments() -> None:
    assert read(REAL[3], limit=LIMIT) == AuthoredMail(
        subject="two",
        text="naïve",
        html="<p>naïve</p>",
        attachments=(
            Attachment("naïve.pdf", "application/pdf", 5),
            Attachment("", "message/rfc822", 31),
        ),
    )


def test_the_signature_is_an_attachment_and_the_signed_is_the_text() -> None:
    mail = read(REAL[4], limit=LIMIT)

    assert mail.text == "signed"
    assert [each.content_type for each in mail.attachments] == ["application/pgp-signature"]


def test_a_subject_is_optional_and_one_line() -> None:
    assert read(FROM + b"\r\n", limit=LIMIT) == AuthoredMail("", "", None, ())
    assert read(FROM + b"Subject: a\r\n\tb  c \r\n\r\n", limit=LIMIT).subject == "a b c"
    assert read(FROM + "Subject: é\r\n\r\n".encode(), limit=LIMIT).subject == "é"


def test_a_text_that_is_attached_is_not_the_text() -> None:
    raw = FROM + b"Content-Disposition: attachment; filename=a.txt\r\n\r\nGr\xfc\xdfe"

    assert read(raw, limit=LIMIT) == AuthoredMail(
        "", None, None, (Attachment("a.txt", "text/plain", 5),)
    )


def test_the_name_of_an_attachment_has_no_control_characters() -> None:
    part = b'Content-Disposition: attachment; filename="=?utf-8?q?=C3=A9=0A?="\r\n\r\nx'

    (attachment,) = read(multipart(part), limit=LIMIT).attachments

    assert attachment.filename == "é\ufffd"


def test_a_forwarded_mail_is_an_attachment_whatever_is_wrong_with_it() -> None:
    inner = b"Content-Type: message/rfc822\r\n\r\n" + b"Content-Type: multipart/mixed\r\n" * 2

    (attachment,) = read(multipart(b"\r\ntext", inner), limit=LIMIT).attachments

    assert attachment.content_type == "message/rfc822"


def test_bytes_that_are_no_mail_are_refused() -> None:
    for raw, words in [
        (b"", "is empty"),
        (b"\r\n \n", "is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0", "NUL"),
        (b"\r\nFrom: ada@example.org\r\n", "no header"),
        (b"Hello\r\n\r\n", "Line 1 is not a header field"),
        (b" From: ada@example.org\r\n\r\n", "Line 1 is not a header field"),
        (FROM + b"Subject : x\r\n\r\n", "Line 2 is not a header field"),
        (FROM + b"A: b\r\n c\r\nDear all,\r\n\r\n", "Line 4 is not a header field"),
        (FROM + b"From me to you: x\r\n\r\n", "Line 2 is not a header field"),
        (FROM + b": x\r\n\r\n", "Line 2 is not a header field"),
        (b"\xef\xbb\xbf" + FROM, "Line 1 is not a header field"),
        (FROM + b"X: a\x1bb\r\n\r\n", "Line 2, in the header, contains a control"),
        (FROM + b"Subject: Gr\xfc\xdfe\r\n\r\n", "Line 2, in the header, has characters"),
        (b"Subject: x\r\n\r\n", "no From field"),
        (FROM + FROM + b"\r\n", "2 From fields"),
        (FROM + b"SUBJECT: a\r\nSubject: b\r\n\r\n", "2 Subject fields"),
        (FROM + b"To: a@b\r\n" * 3 + b"\r\n", "fields and may have one"),
        (FROM + b"Date: a\nDate: b\n\n", "2 Date fields"),
        (
            FROM + b"Content-Type: a/b\r\nContent-Type: text/plain\r\n\r\n",
            "several content-type",
        ),
        (FROM + b"\r\nx\r\n" + b"y" * 999 + b"\r\n", "Line 4 is 999 bytes long"),
        (FROM + b"X: " + b"y" * 998 + b"\r\n", "Line 2 is 1,001 bytes long"),
        (FROM + b"Subject: " + b"y\r\n " * 3000 + b"\r\n", "line 2 is longer than 8,000 bytes"),
        (FROM + b"To: " + b"y\r\n " * 30000 + b"\r\n", "line 2 is longer than 100,000 bytes"),
    ]:
        assert words in refusal(raw)


def test_the_refusal_of_a_large_mail_has_both_sizes() -> None:
    raw = FROM + b"\r\n" + b"text\r\n" * 1_000

    assert "has 6,025 bytes, and at most 6,024 can" in refusal(raw, limit=6_024)
    assert read(raw, limit=6_025)


def test_an_ambiguous_author_is_refused() -> None:
    for written in [
        "",
        "ada",
        "@example.org",
        "ada@",
        "Doe, Ada <ada@example.org>",
        "undisclosed:;",
        "ada@example.org <eve@evil.example>",
        "ada@example.org eve@evil.example",
        "(" * 3000,
        "<ada@example.org",
        "Ada <ada@example.org> and others",
    ]:
        folded = "\r\n ".join(written[at : at + 900] for at in range(0, len(written) or 1, 900))
        assert "From field is not an address" in refusal(f"From: {folded}\r\n\r\n".encode())


def test_hidden_line_breaks_are_refused() -> None:
    for name in ["Subject", "To", "Cc", "Reply-To", "Sender", "From"]:
        for hidden in [
            "=?utf-8?q?a=0d=0aBcc:_eve?=",
            "=?UTF-8?Q?a=0A?=",
            "x =?utf-8?b?YQ0KQmNjOiB4?= <a@b>",
            "=?utf-8*en?q?a=00b?=",
            "=?utf-8?q?a=C2=85b?=",
            "=?utf-8?q?a=E2=80=A8b?=",
            "=?utf-16be?b?AAo=?=",
            '"=?utf-8?q?a=0ab?=" <a@b>',
            "=?utf-8?q?a b=0dc?=",
            "=?utf-8?q?a?b=0dc?=",
            "=?utf-7?q?+AAo-?=",
            "a\u0085b",
        ]:
            header = f"{name}: {hidden}\r\n".encode()
            if name != "From":
                header += FROM

            assert f"{name} field" in refusal(header + b"\r\n")


def test_encoded_words_that_cannot_be_decoded_are_refused() -> None:
    for word, words in [
        ("=?x-unknown?q?a?=", "character set “x-unknown” that is not known"),
        ("=?unicode_escape?q?=5Cu000a?=", "that is not known"),
        ("=?rot13?q?n?=", "“rot13” that is not known"),
        ("=?eve@evil.example?q?n?=", "in a character set “…” that is not known"),
        ("=?utf-8?q?=FF?=", "not in the character set"),
        ("=?utf-8?b?x?=", "not encoded as it says"),
    ]:
        assert words in refusal(FROM + f"Subject: {word}\r\n\r\n".encode())


def test_a_malformed_body_is_refused() -> None:
    for header, body, words in [
        (b"text/plain", b"Gr\xfc\xdfe", "does not say in which character set"),
        (b'text/plain; charset=""', b"Gr\xfc\xdfe", "does not say in which character set"),
        (b"text/plain; charset=us-ascii", b"Gr\xfc\xdfe", "not in the character set"),
        (b"text/plain; charset=utf-8", b"Gr\xfc\xdfe", "not in the character set"),
        (b"text/html; charset=x-unknown", b"x", "“x-unknown” that is not known"),
        (b"text/html; charset=hex", b"6162", "“hex” that is not known"),
        (b"text/plain; charset=raw_unicode_escape", b"\\u0061", "that is not known"),
        (b"text/plain; charset=utf-7", b"+2AA-", "characters that are not text"),
        (b"text/plain\r\nContent-Transfer-Encoding: base64", b"YQBi", "are not text"),
        (b"text/plain\r\nContent-Transfer-Encoding: base64", b"YQB", "not in base64"),
        (b"a/b\r\nContent-Transfer-Encoding: base64", b"%%%%", "not in base64"),
        (b"a/b\r\nContent-Transfer-Encoding: x-uuencode", b"x", "transfer encoding"),
        (b"multipart/mixed", b"--b\r\n\r\n--b--", "several parts, but"),
        (b"multipart/mixed; boundary=b", b"no parts", "several parts, but"),
        (b"multipart/mixed; boundary=b", b"--b\r\n\r\ntext\r\n", "breaks off"),
        (b"multipart/mixed; boundary=b", b"--b\r\nno header\r\n--b--", "malformed"),
        (b"multipart/mixed; boundary=b", b"--b\r\n: x\r\n\r\n--b--", "malformed"),
        (
            b"multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: base64",
            b"--b\r\n\r\n--b--",
            "malformed",
        ),
    ]:
        raw = FROM + b"Content-Type: " + header + b"\r\n\r\n" + body

        assert words in refusal(raw)
        if not header.startswith(b"multipart"):
            assert words in refusal(multipart(raw.removeprefix(FROM)))


def test_a_crash_of_the_email_package_is_a_refusal() -> None:
    part = b"Content-Disposition: attachment; filename*=utf-8''a; filename*0=b\r\n\r\nx"

    assert "malformed" in refusal(multipart(part))


def test_a_character_set_may_be_written_as_rfc_2231_has_it() -> None:
    raw = FROM + b"Content-Type: text/plain; charset*=''utf-8\r\n\r\nna\xc3\xafve"

    assert read(raw, limit=LIMIT).text == "naïve"


def test_parts_that_differ_from_program_to_program_are_refused() -> None:
    part = b"Content-Type: text/plain\r\nContent-Type: text/html\r\n\r\nx"

    assert "several content-type fields" in refusal(multipart(part))


def test_a_hidden_second_text_has_to_be_readable_too() -> None:
    raw = multipart(b"\r\nfirst", b"Content-Type: text/plain\r\n\r\nGr\xfc\xdfe")

    assert "character set" in refusal(raw)


def test_too_many_or_too_deep_parts_are_refused() -> None:
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (at, at)
        for at in range(2_000)
    )

    assert "too deeply" in refusal(FROM + deep)
    assert "more than 500 parts" in refusal(multipart(*[b"\r\nx"] * 501))
    assert "longer than" in refusal(multipart(b"Content-Type: a/b;" + b' "\r\n' * 3_000))
    assert len(read(multipart(*[b"\r\nx"] * 500), limit=LIMIT).attachments) == 499


def test_a_header_of_thousands_of_lines_is_refused() -> None:
    for line in [b"X-Filter: x\r\n", b"X-Filter: x\r\n folded\r\n", b"X: x\n"]:
        few, many = (FROM + line * (count // line.count(b"\n")) for count in (1_900, 20_000))

        assert read(few + b"\r\nDear members\r\n", limit=LIMIT).text == "Dear members\n"
        assert "more than 2,000 lines" in refusal(many + b"\r\n", limit=len(many) + 2)
