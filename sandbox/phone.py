"""A fake phone network with Twilio's API, for tests and the demo."""

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from flask import Flask

from sandbox.phone_api import Api
from sandbox.phone_exchange import Account, Exchange, Sms, new_sid
from sandbox.phone_faults import Failure, Faults
from sandbox.phone_pages import PhonePages
from sandbox.phone_webhooks import Answer, Webhooks
from sandbox.web_server import WebServer


class PhoneNetwork:
    """`with PhoneNetwork() as phone:` answers the `twilio` library at `phone.url`, on 127.0.0.1.

    The same address in a browser shows all SMS.  With `automatic`, each SMS is soon reported as
    sent and delivered; without it, `report` does so.  It can be stopped and started again, on the
    same port and with its SMS.
    """

    def __init__(self, *, port: int = 0, automatic: bool = True) -> None:
        self.account = Account()
        self.automatic = automatic
        self._exchange, self._faults = Exchange(self.account), Faults()
        self._webhooks = Webhooks(self.account)
        self._unreachable: dict[str, int] = {}
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        app = Flask(__name__)
        self._server = WebServer(app, port=port)
        wait = self._server.closing.wait
        api = Api(self._exchange, self._faults, taken=self._deliver_soon, wait=wait)
        app.register_blueprint(api.routes)
        app.register_blueprint(PhonePages(self._exchange, self.text).routes)
        self._courier = threading.Thread()

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def messages(self) -> list[Sms]:
        """All SMS from Listgate, replies included; oldest first, with their current status."""
        return [sms for sms in self._exchange.all() if sms.direction != "inbound"]

    def to(self, number: str) -> list[Sms]:
        """The SMS from Listgate to one number."""
        return [sms for sms in self.messages if sms.to == number]

    def connect(self, inbound: str, *, at: str | None = None) -> None:
        """Set the public URL of the webhook for inbound SMS.

        `at` is the address to connect to (http://127.0.0.1:8000), if the public host name of
        `inbound` and of the status callbacks does not lead to Listgate.
        """
        self._webhooks.inbound, self._webhooks.at = inbound, at

    def text(
        self,
        number: str,
        body: str,
        *,
        sid: str | None = None,
        signed_as: str | None = None,
        token: str | None = None,
    ) -> Answer:
        """Send an SMS from a number to Listgate; deliver and return its answer.

        A repeated `sid` is a replay.  `signed_as` another URL, or with another `token`, the
        request is forged; with an empty token it is unsigned.
        """
        sms = Sms(
            sid or new_sid(),
            to=self.account.number,
            sender=number,
            body=body,
            direction="inbound",
            status="received",
        )
        if signed_as is None and token is None:
            self._exchange.hear(sms)
        url, fields = self._webhooks.inbound, self._webhooks.inbound_fields(sms)
        answer = self._webhooks.post(url, fields, signed_as=signed_as, token=token)
        for reply in answer.messages:
            self._exchange.reply(sms, reply)
        return answer

    def report(
        self,
        sid: str,
        status: str = "delivered",
        *,
        code: int | None = None,
        signed_as: str | None = None,
        token: str | None = None,
    ) -> Answer | None:
        """Set the status of an SMS, e.g. "undelivered" with code 30003, and call Listgate back.

        Returns its answer, or None if the SMS has no status callback.  Raises KeyError for an
        unknown SMS.
        """
        sms = self._exchange.move(sid, status, error_code=code)
        if sms.callback is None:
            return None
        fields = self._webhooks.status_fields(sms)
        return self._webhooks.post(sms.callback, fields, signed_as=signed_as, token=token)

    def unreachable(self, number: str, *, code: int = 30003) -> None:
        """From now on, accept SMS to this number but report them as undelivered."""
        self._unreachable[number] = code

    def be_slow(self, seconds: float) -> None:
        """Wait this long before handling each request."""
        self._faults.delay = seconds

    def fail(self, times: int = 1, *, status: int = 503, code: int = 20500) -> None:
        """Answer the next requests with an error."""
        self._faults.fail(times, Failure(status, code))

    def lose_answer(self, times: int = 1, *, after: float = 0.0) -> None:
        """Accept the next SMS, but hang up without an answer, `after` some seconds."""
        self._faults.lose(times, after)

    def settle(self) -> None:
        """Wait until every pending report has been sent."""
        done = threading.Event()
        self._jobs.put(done.set)
        while self._courier.is_alive() and not done.wait(0.1):
            pass

    def forget(self) -> None:
        """Delete all SMS, STOPs and faults."""
        self._exchange.forget()
        self._faults.forget()
        self._unreachable.clear()

    def start(self) -> None:
        self._server.start()
        self._courier = threading.Thread(target=self._work, daemon=True)
        self._courier.start()

    def stop(self) -> None:
        """Refuse connections, like a network that is down."""
        if not self._courier.is_alive():
            return
        self._server.stop()
        self._jobs.put(None)
        self._courier.join()

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

    def _deliver_soon(self, sms: Sms) -> None:
        if self.automatic:
            self._jobs.put(lambda: self._deliver(sms))

    def _deliver(self, sms: Sms) -> None:
        code = self._unreachable.get(sms.to)
        with suppress(KeyError):  # forget() was called meanwhile
            self.report(sms.sid, "sent")
            self.report(sms.sid, "undelivered" if code else "delivered", code=code)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
