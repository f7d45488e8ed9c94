"""The relay is connected to, encrypted and logged in to, or letters wait."""

import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from notifications.channel import Unavailable
from notifications.smtp.relay import Relay
from sandbox.mailbox import Mailbox, bound_socket
from settings.types import SmtpServer
from tests.notifications.smtp.scripted_server import DROP, scripted
from tests.notifications.smtp.sending import (
    SHORT,
    connected,
    failure_of,
    failure_to_connect,
    send,
)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a self-signed certificate for 127.0.0.1, in one file."""
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-days", "1", *curve, *name]
    made = subprocess.run(
        [*command, "-keyout", "/dev/stdout"], check=True, capture_output=True, text=True
    )
    path.write_text(made.stdout)
    return path


@pytest.fixture
def server_tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificate is among the system's."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))


def test_smtp_and_smtps_have_their_own_ports() -> None:
    assert Relay.from_url("smtp://mail.example.org") == Relay(SmtpServer("mail.example.org", 25))
    assert Relay.from_url("smtps://mail.example.org/") == Relay(
        SmtpServer("mail.example.org", 465, tls=True)
    )


def test_user_and_password_are_percent_decoded() -> None:
    relay = Relay.from_url("smtp://ada%40example.org:%2Fs3%3Acret%25@[::1]:2525", timeout=3)

    assert (relay.server.host, relay.server.port, relay.timeout) == ("::1", 2525, 3)
    assert (relay.server.user, relay.server.password) == ("ada@example.org", "/s3:cret%")


def test_a_wrong_url_is_refused_without_showing_the_password(subtests: pytest.Subtests) -> None:
    for url in [
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
    ]:
        with (
            subtests.test(url=url),
            pytest.raises(ValueError, match=r"^(must|needs|may|is not) ") as caught,
        ):
            Relay.from_url(url)

        assert "s3cret" not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_relay_that_is_logged_does_not_show_its_login() -> None:
    shown = repr(Relay.from_url("smtp://ada:s3cret@mail.example.org"))

    assert "ada" not in shown
    assert "s3cret" not in shown


def test_an_unavailable_relay_is_tried_again() -> None:
    with bound_socket() as closed:
        sentence = failure_to_connect(f"smtp://127.0.0.1:{closed.getsockname()[1]}")

    assert "refuses connections" in sentence


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_server_that_never_answers_is_tried_again(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        sentence = failure_to_connect(
            f"{scheme}://127.0.0.1:{door.getsockname()[1]}", timeout=SHORT
        )

    assert "does not answer" in sentence


def test_an_impossible_host_name_makes_the_relay_unavailable() -> None:
    assert "cannot be reached" in failure_to_connect("smtp://mail..example.org")


def test_a_refusal_before_any_letter_is_never_permanent() -> None:
    for script in [
        {"": "554 5.7.1 ada@example.org may not"},
        {"": "421 4.7.0 too many"},
        {"": "SSH-2.0"},
        {"": DROP},
        {"EHLO": "550 5.7.1 no", "HELO": "550 5.7.1 no"},
        {"EHLO": DROP},
        {"EHLO": "250-x\r\n250 STARTTLS", "STAR": "554 5.7.3 no"},
        {"EHLO": "250-x\r\n250 STARTTLS", "STAR": "454 4.7.0 no TLS"},
        {"EHLO": "250-x\r\n250 STARTTLS", "STAR": "220 but it is not TLS that follows\r\n"},
    ]:
        with scripted(script) as server:
            assert failure_to_connect(server.url)


@pytest.mark.usefixtures("trusted")
def test_starttls_is_used_where_offered(server_tls: ssl.SSLContext) -> None:
    with Mailbox(starttls=server_tls) as mailbox, connected(mailbox.url) as connection:
        assert isinstance(connection._session._smtp.sock, ssl.SSLSocket)  # type: ignore[union-attr]
        send(connection)

        assert len(mailbox.mails) == 1


def test_an_unknown_certificate_stops_the_letter(server_tls: ssl.SSLContext) -> None:
    with Mailbox(starttls=server_tls) as mailbox:
        sentence = failure_to_connect(mailbox.url)

    assert "certificate" in sentence


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_name_stops_the_letter(server_tls: ssl.SSLContext) -> None:
    with Mailbox(starttls=server_tls) as mailbox:
        sentence = failure_to_connect(mailbox.url.replace("127.0.0.1", "localhost"))

    assert "certificate" in sentence


def test_an_operator_can_turn_off_verification(server_tls: ssl.SSLContext) -> None:
    with (
        Mailbox(starttls=server_tls) as mailbox,
        connected(mailbox.url, verify=False) as connection,
    ):
        send(connection)

        assert len(mailbox.mails) == 1


@pytest.mark.usefixtures("trusted")
def test_smtps_is_encrypted_from_the_first_byte(server_tls: ssl.SSLContext) -> None:
    with Mailbox(tls=server_tls) as mailbox, connected(mailbox.url) as connection:
        send(connection)

        assert len(mailbox.mails) == 1


def test_smtps_verifies_too(server_tls: ssl.SSLContext) -> None:
    with Mailbox(tls=server_tls) as mailbox:
        assert "certificate" in failure_to_connect(mailbox.url)


@pytest.mark.usefixtures("trusted")
def test_user_and_password_are_used(server_tls: ssl.SSLContext) -> None:
    with Mailbox(starttls=server_tls, users={"listgate": "s3:cret"}) as mailbox:
        with connected(mailbox.url.replace("//", "//listgate:s3%3Acret@")) as connection:
            send(connection)

        assert len(mailbox.mails) == 1


@pytest.mark.usefixtures("trusted")
def test_a_wrong_password_makes_the_relay_unavailable(server_tls: ssl.SSLContext) -> None:
    with Mailbox(starttls=server_tls, users={"ada@example.org": "other"}) as mailbox:
        sentence = failure_to_connect(mailbox.url.replace("//", "//ada%40example.org:s3cret@"))

    assert "535" in sentence
    assert "operator" in sentence


@pytest.mark.usefixtures("trusted")
def test_a_missing_login_makes_the_relay_unavailable(server_tls: ssl.SSLContext) -> None:
    with (
        Mailbox(starttls=server_tls, users={"listgate": "s3cret"}) as mailbox,
        connected(mailbox.url) as connection,
    ):
        assert isinstance(failure_of(connection), Unavailable)


def test_a_server_without_login_makes_the_relay_unavailable() -> None:
    with scripted() as server:
        sentence = failure_to_connect(server.url.replace("//", "//listgate:s3cret@"), verify=False)

    assert "login" in sentence


def test_a_password_is_sent_unencrypted_only_without_verification() -> None:
    script = {"EHLO": "250-x\r\n250 AUTH PLAIN", "AUTH": "235 2.7.0 welcome"}

    with scripted(script) as server:
        url = server.url.replace("//", "//listgate:s3cret@")
        sentence = failure_to_connect(url)
        assert [command[:4] for command in server.commands[0]] == ["ehlo"]
        with connected(url, verify=False) as connection:
            send(connection)

    assert "encryption" in sentence
