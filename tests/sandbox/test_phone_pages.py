"""The phone pages: reading SMS, and answering one."""

from collections.abc import Iterator
from html import unescape

import pytest
import urllib3
from flask import Flask, request
from twilio.twiml.messaging_response import MessagingResponse

from notifications.sms.twilio import TwilioAccount
from sandbox.phone import PhoneNetwork
from sandbox.web_server import WebServer

GRACE, LINUS = "+33612345678", "+4915123456789"
URL = "https://listgate.example.org/webhooks/twilio/sms"


@pytest.fixture
def phone() -> Iterator[PhoneNetwork]:
    with PhoneNetwork() as running:
        yield running


@pytest.fixture
def webhook(phone: PhoneNetwork) -> Iterator[None]:
    """A webhook that repeats each SMS, and refuses those of Linus."""
    app = Flask(__name__)

    @app.post("/webhooks/twilio/sms")
    def hear() -> tuple[str, int]:
        answer = MessagingResponse()
        answer.message(f"Heard: {request.form['Body']}")
        return str(answer), 403 if request.form["From"] == LINUS else 200

    with WebServer(app) as server:
        phone.connect(URL, at=server.url)
        yield


def send(phone: PhoneNetwork, text: str, *, to: str) -> None:
    account = phone.account
    TwilioAccount(account.sid, account.token, account.number, url=phone.url).send(text, to=to)


def page(phone: PhoneNetwork, path: str) -> str:
    with urllib3.PoolManager() as browser:
        answer = browser.request("GET", phone.url + path)
    assert answer.status == 200
    return answer.data.decode()


def answer(phone: PhoneNetwork, number: str, body: str) -> str:
    """Submit the form; return the next page."""
    with urllib3.PoolManager() as browser:
        shown = browser.request(
            "POST", f"{phone.url}/phones/{number}", fields={"body": body}, encode_multipart=False
        )
    assert shown.status == 200
    return unescape(shown.data.decode())


def test_the_first_page_counts_each_phones_messages(phone: PhoneNetwork) -> None:
    assert "No SMS yet" in page(phone, "/")
    for text, to in (("one", GRACE), ("two", GRACE), ("three", LINUS)):
        send(phone, text, to=to)

    shown = page(phone, "/")
    assert f"{GRACE}</a>: 2 SMS" in shown
    assert f"{LINUS}</a>: 1 SMS" in shown


def test_a_phone_shows_its_own_messages_with_their_status(phone: PhoneNetwork) -> None:
    phone.unreachable(LINUS, code=30005)
    send(phone, "For Grace", to=GRACE)
    send(phone, "For Linus", to=LINUS)
    phone.settle()

    hers, his = page(phone, f"/phones/{GRACE}"), page(phone, f"/phones/{LINUS}")
    assert ("For Grace" in hers, "For Linus" in hers, "delivered" in hers) == (True, False, True)
    assert "undelivered (30005)" in his


@pytest.mark.usefixtures("webhook")
def test_an_answer_is_sent_to_the_webhook_and_its_reply_is_shown(phone: PhoneNetwork) -> None:
    shown = answer(phone, GRACE, "OK 482193")

    assert shown.index(">OK 482193<") < shown.index("Heard: OK 482193")


@pytest.mark.usefixtures("webhook")
def test_a_refusal_of_the_webhook_is_shown(phone: PhoneNetwork) -> None:
    shown = answer(phone, LINUS, "OK 482193")

    assert "Listgate did not accept the SMS: HTTP 403" in shown
    assert "Heard" not in shown


def test_an_unavailable_webhook_is_reported(phone: PhoneNetwork) -> None:
    assert "HTTP 502" in answer(phone, GRACE, "OK 482193")


def test_html_in_an_sms_is_escaped(phone: PhoneNetwork) -> None:
    send(phone, "<script>alert(1)</script>", to=GRACE)

    shown = page(phone, f"/phones/{GRACE}")
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
