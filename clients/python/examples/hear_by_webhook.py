"""Receive webhooks, and print the events that are from Listgate."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer

from listgate_client import WrongSignature, verify_webhook


class Hook(BaseHTTPRequestHandler):
    """Answers 204 to an event, 401 to anything else."""

    def do_POST(self) -> None:
        """Verify a webhook; a real service would store the event's id, to find a repeated one."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            event = verify_webhook(dict(self.headers), body, os.environ["WEBHOOK_SECRET"])
        except WrongSignature:
            return self.send_error(401)
        print(event.id, event.type, event.data, flush=True)
        self.send_response(204)
        return self.end_headers()


HTTPServer(("127.0.0.1", int(os.environ["WEBHOOK_PORT"])), Hook).serve_forever()
