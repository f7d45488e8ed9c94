"""Any letter and any address is sent by SMTP as it should, or refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.channel import NotDelivered
from notifications.mime.envelope import with_crlf, with_dots
from notifications.smtp.connection import Connection
from sandbox.mailbox import Mailbox
from tests.notifications.smtp.scripted_server import scripted
from tests.notifications.smtp.sending import (
    ADA,
    EDSGER,
    LETTER,
    connected,
    failure_of,
    send,
)


@given(content=st.binary(max_size=300) | st.text(".\r\nab", max_size=60).map(str.encode))
@settings(max_examples=80, deadline=None)
def test_no_content_can_contain_its_own_end(content: bytes) -> None:
    sent = with_dots(with_crlf(content))

    assert sent.endswith(b"\r\n.\r\n") or sent == b".\r\n"
    lines = sent.split(b"\r\n")[:-2]
    assert not any(line == b"." or b"\r" in line or b"\n" in line for line in lines)
    read = b"".join(line.removeprefix(b".") + b"\r\n" for line in lines)
    expected = with_crlf(content)
    assert read == expected or read == expected + b"\r\n"


def test_8bitmime_is_used_where_offered() -> None:
    content = LETTER + "naïve\r\n".encode()
    offer = {"EHLO": "250-x\r\n250 8BITMIME"}

    for script, options in ((offer, " BODY=8BITMIME"), ({}, "")):
        with scripted(script) as server, connected(server.url) as connection:
            send(connection, content=content)
            assert server.commands[0][1] == f"MAIL FROM:<{ADA}>{options}"


def test_an_international_domain_needs_no_extension() -> None:
    with scripted() as server, connected(server.url) as connection:
        connection.send(LETTER, sender="ada@bücher.example", recipient="edsger@例え.example")

        assert server.commands[0][1:3] == [
            "MAIL FROM:<ada@xn--bcher-kva.example>",
            "RCPT TO:<edsger@xn--r8jz45g.example>",
        ]


def test_an_international_name_is_sent_where_smtputf8_is_offered(
    mailbox: Mailbox, connection: Connection
) -> None:
    send(connection, "éric@bücher.example")
    send(connection)

    assert mailbox.mails[0].recipients == ("éric@xn--bcher-kva.example",)


def test_an_international_header_is_sent_where_smtputf8_is_offered(
    mailbox: Mailbox, connection: Connection
) -> None:
    content = "From: ada@example.org\r\nSubject: naïve\r\n\r\n".encode()

    send(connection, content=content)

    assert mailbox.mails[0].content == content


@pytest.mark.parametrize(
    ("recipient", "content"),
    [("éric@example.org", LETTER), (EDSGER, "Subject: naïve\r\n\r\n".encode())],
)
def test_neither_is_sent_without_smtputf8(recipient: str, content: bytes) -> None:
    with scripted() as server, connected(server.url) as connection:
        with pytest.raises(NotDelivered, match="SMTPUTF8") as caught:
            send(connection, recipient, content)
        send(connection)

        assert len(server.commands) == 1
    assert caught.value.permanent
    assert "@" not in str(caught.value)


def test_an_impossible_domain_is_refused_permanently(connection: Connection) -> None:
    failure = failure_of(connection, "edsger@\u2488.é")

    assert failure.permanent
    assert "@" not in str(failure)


@pytest.mark.parametrize(
    "address",
    [
        "edsger@example.org\r\nRCPT TO:<eve@example.org",
        "edsger@example.org\n",
        "edsger@example.org\r",
        "eve@example.org> SIZE=1",
        "<edsger@example.org",
        "ed\0sger@example.org",
        "edsger@example.org\u2028",
        "",
    ],
)
def test_an_address_cannot_be_two_commands(
    address: str, mailbox: Mailbox, connection: Connection
) -> None:
    with pytest.raises(ValueError, match=r"address|recipient") as caught:
        send(connection, address)
    if address:
        with pytest.raises(ValueError, match="address"):
            connection.send(LETTER, sender=address, recipient=EDSGER)

    assert "example" not in str(caught.value)
    assert mailbox.mails == []
