"""A service that receives webhooks, and verifies them as Standard Webhooks 1.0 says."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR
from typing import Any, Self


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]


def verified(secret: str, received: Received) -> bool:
    """Whether the service with this secret may trust the request, by the specification's words."""
    key = base64.b64decode(secret.split("whsec_", 1)[1])
    names = ("webhook-id", "webhook-timestamp")
    signed = b".".join([*(received.headers[name].encode() for name in names), received.body])
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    signatures = received.headers["webhook-signature"].split(" ")
    return any(hmac.compare_digest(each, f"v1,{expected}") for each in signatures)


# What a receiver does with a request: it returns the status of its answer; None closes at once.
Answer = Callable[[Received], int | None]


@dataclass
class Receiver:
    """`with Receiver() as receiver`: a server at `url`; `answer` may be replaced meanwhile."""

    answer: Answer = lambda _: 204
    tls: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    received: list[Received] = field(default_factory=list)
    # Set when the test ends: a slow answer waits for it.
    over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                request = Received(self.path, dict(self.headers), body)
                receiver.received.append(request)
                status = receiver.answer(request)
                if status is None:
                    self.connection.shutdown(SHUT_RDWR)
                    return
                self.send_response(status)
                self.send_header("Location", f"{receiver.url}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Print nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Print nothing: clients that hang up are what is tested."""

        self._server = Server((self.host, 0), Handler)
        if self.tls:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://localhost:{self.port}/hook?from=listgate"

    @property
    def kinds(self) -> list[str]:
        return [each.event["type"] for each in self.received]
