"""Shows a person every SMS of the pretend phone network, and lets them answer one."""

from collections import Counter
from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sandbox.phone_exchange import Exchange
from sandbox.phone_webhooks import Answer


class PhonePages:
    """`text` sends an SMS from somebody's number to the house, and returns its answer."""

    def __init__(self, exchange: Exchange, text: Callable[[str, str], Answer]) -> None:
        self._exchange, self._text = exchange, text
        self.routes = Blueprint("pages", __name__)
        self.routes.get("/")(self.phones)
        self.routes.get("/phones/<number>")(self.phone)
        self.routes.post("/phones/<number>")(self.answer)

    def phones(self) -> str:
        """Every number, and how many SMS went to it and came from it."""
        counts = Counter(sms.phone for sms in self._exchange.all())
        return render_template("phones.html", phones=sorted(counts.items()))

    def phone(self, number: str) -> str:
        """One person's SMS, theirs and the house's, and a form to answer."""
        return render_template(
            "phone.html",
            number=number,
            messages=[sms for sms in self._exchange.all() if sms.phone == number],
            trouble=request.args.get("trouble"),
        )

    def answer(self, number: str) -> Response:
        """Text as that person; what the house says to it is then among the SMS."""
        answer = self._text(number, request.form["body"])
        trouble = None if answer.status == 200 else answer.status
        return redirect(url_for("pages.phone", number=number, trouble=trouble), code=303)
