"""Web pages that show every SMS of the fake phone network, with a form to answer."""

from collections import Counter
from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sandbox.phone_exchange import Exchange
from sandbox.phone_webhooks import Answer


class PhonePages:
    """The pages; `text` sends an SMS from a number to Listgate and returns its answer."""

    def __init__(self, exchange: Exchange, text: Callable[[str, str], Answer]) -> None:
        self._exchange, self._text = exchange, text
        self.routes = Blueprint("pages", __name__)
        self.routes.get("/")(self.phones)
        self.routes.get("/phones/<number>")(self.phone)
        self.routes.post("/phones/<number>")(self.answer)

    def phones(self) -> str:
        """Each number, with the count of its SMS in both directions."""
        counts = Counter(sms.phone for sms in self._exchange.all())
        return render_template("phones.html", phones=sorted(counts.items()))

    def phone(self, number: str) -> str:
        """The SMS to and from one number, and a form to answer."""
        return render_template(
            "phone.html",
            number=number,
            messages=[sms for sms in self._exchange.all() if sms.phone == number],
            failure=request.args.get("failure"),
        )

    def answer(self, number: str) -> Response:
        """Send an SMS from this number; Listgate's reply is then listed too."""
        answer = self._text(number, request.form["body"])
        failure = None if answer.status == 200 else answer.status
        return redirect(url_for("pages.phone", number=number, failure=failure), code=303)
