"""A web server in a thread, for the sandbox's own pages and APIs."""

import socket
import threading
from types import TracebackType
from typing import Self

from flask import Flask, Response, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

HOST = "127.0.0.1"
POLL = 0.02  # seconds until it notices a stop


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Do not log requests; errors are still logged."""


class WebServer:
    """`with WebServer(app) as server:` serves `app` at `server.url`, on 127.0.0.1, in threads.

    It can be stopped and started again, on the same port.
    """

    def __init__(self, app: Flask, *, port: int = 0) -> None:
        self.port = port  # 0: the system chooses one at the first start
        self.closing = threading.Event()
        self._app = app
        self._server: BaseWSGIServer | None = None
        self._thread = threading.Thread()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Start; raise SystemExit, as werkzeug does, if the port is in use."""
        assert self._server is None, "it is running already"
        self.closing.clear()
        server = make_server(HOST, self.port, self._app, threaded=True, request_handler=_Quiet)
        self._server, self.port = server, server.port
        self._thread = threading.Thread(target=server.serve_forever, args=(POLL,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Refuse new connections; set `closing` for requests that are still being answered."""
        if self._server is None:
            return
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def hang_up() -> Response:
    """Close the connection of the current request without an answer."""
    request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return Response()
