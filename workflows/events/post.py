"""POST one webhook: to an address that was checked, within a time limit, with one answer read."""

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from threading import Timer
from typing import Final
from urllib.parse import SplitResult, urlsplit

from models import EventFailure
from workflows.events.addresses import NotDelivered, addresses_of

# Seconds: to connect to one address, TLS included, and for everything after that.
CONNECT_TIMEOUT: Final = 5
ANSWER_TIMEOUT: Final = 10
# Of a name's addresses, at most so many are tried.
MAX_ADDRESSES: Final = 3

PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Webhook:
    """A request: where to, its headers, and its body."""

    url: str
    headers: Mapping[str, str]
    body: bytes


class PinnedConnection(HTTPConnection):
    """A connection to the URL's host at one address, without another look-up (DNS rebinding).

    http.client follows no redirect and uses no proxy.
    """

    def __init__(self, parts: SplitResult, address: str) -> None:
        assert parts.hostname is not None
        port = parts.port or PORTS[parts.scheme]
        super().__init__(parts.hostname, port, timeout=CONNECT_TIMEOUT)
        self.default_port = PORTS[parts.scheme]  # left out of the Host header
        self._encrypted = parts.scheme == "https"
        self._address = address
        self._wire: socket.socket | None = None
        self.was_ended = False

    def connect(self) -> None:
        """Connect to the address; with TLS, check the certificate for the host's name."""
        self.sock = socket.create_connection((self._address, self.port), CONNECT_TIMEOUT)
        # TLS takes the socket over; this copy can still end the connection.
        self._wire = self.sock.dup()
        if self.was_ended:  # while there was no copy
            raise TimeoutError
        if self._encrypted:
            context = ssl.create_default_context()
            self.sock = context.wrap_socket(self.sock, server_hostname=self.host)
        self.sock.settimeout(ANSWER_TIMEOUT)

    def end(self) -> None:
        """End the connection from another thread, whatever it waits for."""
        self.was_ended = True
        if self._wire is not None:
            with suppress(OSError):
                self._wire.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection and its copy."""
        super().close()
        if self._wire is not None:
            self._wire.close()
            self._wire = None


def post(webhook: Webhook, *, allow_private: bool) -> None:
    """POST the webhook; return if the answer is 2xx, else raise NotDelivered.

    Nothing of the answer but its status is used, and its body is not read.
    """
    parts = urlsplit(webhook.url)
    assert parts.hostname is not None
    if parts.scheme != "https" and not allow_private:  # it was allowed when the webhook was added
        raise NotDelivered(EventFailure.FORBIDDEN_ADDRESS)
    port = parts.port or PORTS[parts.scheme]
    addresses = addresses_of(parts.hostname, port, allow_private=allow_private)
    with closing(connected(parts, addresses[:MAX_ADDRESSES])) as connection:
        status = answer(connection, parts, webhook)
    if status == 410:
        raise NotDelivered(EventFailure.GONE, status)
    if not 200 <= status < 300:
        raise NotDelivered(EventFailure.STATUS, status)


def connected(parts: SplitResult, addresses: list[str]) -> PinnedConnection:
    """Return a connection to the first of these addresses that accepts one."""
    why = EventFailure.UNREACHABLE
    for address in addresses:
        connection = PinnedConnection(parts, address)
        try:
            with limited(connection, CONNECT_TIMEOUT):
                connection.connect()
        except OSError as error:
            connection.close()
            why = failure_of(connection, error)
        else:
            return connection
    raise NotDelivered(why)


def answer(connection: PinnedConnection, parts: SplitResult, webhook: Webhook) -> int:
    """Send the request and return the status of its answer."""
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with limited(connection, ANSWER_TIMEOUT):
            connection.request("POST", path, webhook.body, dict(webhook.headers))
            status = connection.getresponse().status
    except (HTTPException, OSError, ValueError) as error:
        raise NotDelivered(failure_of(connection, error)) from None
    if connection.was_ended:  # in the middle of a header
        raise NotDelivered(EventFailure.TOOK_TOO_LONG)
    return status


def failure_of(connection: PinnedConnection, error: Exception) -> EventFailure:
    """Return how the attempt failed."""
    if connection.was_ended or isinstance(error, TimeoutError):
        return EventFailure.TOOK_TOO_LONG
    return EventFailure.TLS if isinstance(error, ssl.SSLError) else EventFailure.UNREACHABLE


@contextmanager
def limited(connection: PinnedConnection, seconds: float) -> Iterator[None]:
    """End the connection after a time: a timeout of sockets begins again with each byte."""
    timer = Timer(seconds, connection.end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
