"""SMTP_URL says where mail goes; a mistake in it is told without its password."""

import pytest

from notifications.smtp.relay import Relay


def test_smtp_and_smtps_have_their_own_ports() -> None:
    assert Relay.from_url("smtp://mail.example.org") == Relay("mail.example.org", 25)
    assert Relay.from_url("smtps://mail.example.org/") == Relay("mail.example.org", 465, tls=True)


def test_user_and_password_are_percent_decoded() -> None:
    relay = Relay.from_url("smtp://ada%40example.org:%2Fs3%3Acret%25@[::1]:2525", timeout=3)

    assert (relay.host, relay.port, relay.timeout) == ("::1", 2525, 3)
    assert (relay.user, relay.password) == ("ada@example.org", "/s3:cret%")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://:25",
        "smtp://ada:s3cret@",
        "smtp://ada@mail.example.org",
        "smtp://:s3cret/x@mail.example.org",
        "smtp://ada:s3cret@mail.example.org:mail",
        "smtp://ada:s3cret@mail.example.org:0",
        "smtp://ada:s3cret@mail.example.org:70000",
        "smtp://ada:s3cret@[::1",
        "smtp://ada:s3cret@mail℀.example.org",
        "smtp://ada:s3cret/x@mail.example.org",
        "smtp://ada:s3cret#x@mail.example.org",
        "smtp://ada:s3cret?x@mail.example.org",
        "smtp://ada:s3cret@mail.example.org/path",
        "smtp://ada:s3cret%0d%0a@mail.example.org",
        "smtp://ada:s3cret%C3%A9@mail.example.org",
        "smtp://ada:s3cret%FF@mail.example.org",
    ],
)
def test_anything_else_is_refused_without_showing_the_password(url: str) -> None:
    with pytest.raises(ValueError, match="SMTP_URL") as caught:
        Relay.from_url(url)

    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_relay_that_is_logged_does_not_show_its_login() -> None:
    shown = repr(Relay.from_url("smtp://ada:s3cret@mail.example.org"))

    assert "ada" not in shown
    assert "s3cret" not in shown
