"""One POST: what is success, what is failure, and where it connects to."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from celeryconfig import task_soft_time_limit
from models import EventFailure
from sandbox.mailbox import bound_socket
from tests.workflows.events.receiver import Received, Receiver
from workflows.events import addresses
from workflows.events import post as posting
from workflows.events.addresses import NotDelivered
from workflows.events.deliver import ATTEMPT
from workflows.events.post import PinnedConnection, Webhook, post


def failure(url: str, *, allow_private: bool = True) -> tuple[EventFailure, int | None]:
    """Return why a POST to this URL fails."""
    with pytest.raises(NotDelivered) as failed:
        post(Webhook(url, {"X-Test": "1"}, b"{}"), allow_private=allow_private)
    return failed.value.failure, failed.value.http_status


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait half a second for a connection and for an answer."""
    monkeypatch.setattr(posting, "CONNECT_TIMEOUT", 0.5)
    monkeypatch.setattr(posting, "ANSWER_TIMEOUT", 0.5)


def test_a_webhook_arrives_as_it_was_written(receiver: Receiver) -> None:
    post(Webhook(receiver.url, {"webhook-id": "evt_1"}, b'{"type": 1}'), allow_private=True)

    (got,) = receiver.received
    assert (got.path, got.body, got.event_id) == ("/hook?from=listgate", b'{"type": 1}', "evt_1")
    assert got.headers["Host"] == f"localhost:{receiver.port}"


@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_every_2xx_is_success(receiver: Receiver, status: int) -> None:
    receiver.answer = lambda _: status

    post(Webhook(receiver.url, {}, b"{}"), allow_private=True)


def test_another_answer_is_a_failure_and_a_redirect_is_not_followed(receiver: Receiver) -> None:
    for status in (301, 302, 307, 308, 400, 401, 404, 429, 500, 503):
        receiver.answer = lambda _, status=status: status  # type: ignore[misc]
        assert failure(receiver.url) == (EventFailure.STATUS, status)
    receiver.answer = lambda _: 410
    assert failure(receiver.url) == (EventFailure.GONE, 410)

    assert {each.path for each in receiver.received} == {"/hook?from=listgate"}


def test_a_receiver_that_hangs_up_is_unreachable(receiver: Receiver) -> None:
    receiver.answer = lambda _: None

    assert failure(receiver.url) == (EventFailure.UNREACHABLE, None)


def test_a_closed_port_is_unreachable() -> None:
    with bound_socket() as closed:
        why = failure(f"http://127.0.0.1:{closed.getsockname()[1]}/")

    assert why == (EventFailure.UNREACHABLE, None)


@pytest.mark.usefixtures("impatient")
def test_a_receiver_that_does_not_answer_takes_too_long(receiver: Receiver) -> None:
    def wait(_: Received) -> int:
        receiver.over.wait()
        return 200

    receiver.answer = wait

    assert failure(receiver.url) == (EventFailure.TOOK_TOO_LONG, None)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    ("scheme", "beginning"),
    [("http", b"HTTP/1.1 200 OK\r\nX: "), ("https", b"\x16\x03\x03\x3f\xff\x02")],
    ids=["of a header", "of a record of TLS"],
)
def test_a_receiver_that_answers_byte_by_byte_takes_too_long(scheme: str, beginning: bytes) -> None:
    over = threading.Event()

    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection, suppress(OSError):
            connection.sendall(beginning)
            # Each byte would start a timeout of the socket again.
            while not over.wait(0.05):
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        try:
            why = failure(f"{scheme}://127.0.0.1:{server.getsockname()[1]}/")
        finally:
            over.set()
            thread.join()

    assert why == (EventFailure.TOOK_TOO_LONG, None)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:{port}/", "http://localhost:{port}/", "http://[::ffff:127.0.0.1]:{port}/"],
)
def test_no_request_reaches_a_private_address_unless_allowed(receiver: Receiver, url: str) -> None:
    why = failure(url.format(port=receiver.port), allow_private=False)

    assert why == (EventFailure.FORBIDDEN_ADDRESS, None)
    assert receiver.received == []


def test_it_connects_to_the_address_that_was_checked_and_looks_no_second_time(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = []

    def look_up_once(host: str, *_: object, **__: object) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"]

    monkeypatch.setattr(posting, "addresses_of", look_up_once)

    # The name does not exist: a second look-up would fail, or find another address (DNS rebinding).
    url = f"http://hooks.invalid:{receiver.port}/"
    post(Webhook(url, {}, b"{}"), allow_private=True)

    assert looked_up == ["hooks.invalid"]
    assert receiver.received[0].headers["Host"] == f"hooks.invalid:{receiver.port}"


def test_http_is_refused_once_it_is_no_longer_allowed(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "addresses_of", lambda *_, **__: ["127.0.0.1"])

    assert failure(receiver.url, allow_private=False) == (EventFailure.FORBIDDEN_ADDRESS, None)
    assert receiver.received == []


def test_an_answer_may_take_longer_than_a_connection(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting, "CONNECT_TIMEOUT", 0.3)

    def answer(_: Received) -> int:
        receiver.over.wait(0.5)
        return 200

    receiver.answer = answer

    post(Webhook(receiver.url, {}, b"{}"), allow_private=True)


def test_an_attempt_ends_before_its_task_must() -> None:
    connecting = posting.MAX_ADDRESSES * posting.CONNECT_TIMEOUT
    seconds = addresses.LOOK_UP_TIMEOUT + connecting + posting.ANSWER_TIMEOUT

    assert seconds <= ATTEMPT.total_seconds() < task_soft_time_limit


def test_a_proxy_of_the_environment_is_not_used(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    post(Webhook(receiver.url, {}, b"{}"), allow_private=True)

    assert len(receiver.received) == 1


def certificate(folder: Path, name: str) -> Path:
    """Write a certificate for this name, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    moment = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - timedelta(days=1))
        .not_valid_after(moment + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / f"{name}.pem"
    file.write_bytes(private + signed.public_bytes(pem))
    return file


def test_the_certificate_is_checked_for_the_name_of_the_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = certificate(tmp_path, "hooks.example.org")
    names: list[str | None] = []
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(known)
    tls.sni_callback = lambda _socket, name, _context: names.append(name)
    monkeypatch.setattr(posting, "addresses_of", lambda *_, **__: ["127.0.0.1"])

    with Receiver(tls=tls) as receiver:
        url = f"https://hooks.example.org:{receiver.port}/"
        assert failure(url) == (EventFailure.TLS, None), "an unknown authority"
        monkeypatch.setenv("SSL_CERT_FILE", str(known))
        post(Webhook(url, {}, b"{}"), allow_private=True)
        other = failure(f"https://other.example.org:{receiver.port}/")

    assert other == (EventFailure.TLS, None)
    assert names == ["hooks.example.org", "hooks.example.org", "other.example.org"]
    assert len(receiver.received) == 1


def test_a_connection_that_was_ended_too_early_sends_nothing(receiver: Receiver) -> None:
    connection = PinnedConnection(urlsplit(receiver.url), "127.0.0.1")
    connection.end()  # the time limit ran out before there was a socket

    with closing(connection), pytest.raises(TimeoutError):
        connection.connect()

    assert receiver.received == []
