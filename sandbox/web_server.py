"""Runs a web application in a thread, for what a browser or a client asks in the sandbox."""

import socket
import threading
from types import TracebackType
from typing import Self

from flask import Flask, Response, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

HOST = "127.0.0.1"
POLL = 0.02  # seconds until it notices that it is to stop


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nobody reads an access log here; errors are still told."""


class WebServer:
    """`with WebServer(app) as server:` answers at `server.url`, on 127.0.0.1, in threads.

    It may be stopped and started again, on the same port.
    """

    def __init__(self, app: Flask, *, port: int = 0) -> None:
        self.port = port  # 0: the system chooses at the first start, and that one is kept
        self.closing = threading.Event()
        self._app = app
        self._server: BaseWSGIServer | None = None
        self._thread = threading.Thread()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Raises SystemExit, as werkzeug does, if the port is taken."""
        assert self._server is None, "it is running already"
        self.closing.clear()
        server = make_server(HOST, self.port, self._app, threaded=True, request_handler=_Quiet)
        self._server, self.port = server, server.port
        self._thread = threading.Thread(target=server.serve_forever, args=(POLL,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Refuse whoever comes; who is being answered at leisure sees `closing`."""
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
    """Cut the connection of the present request: its client gets no answer at all."""
    request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    return Response()
