"""The webhook requests of the fake phone network are Twilio's, and signed like them."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from flask import Flask, request
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client
from twilio.twiml.messaging_response import MessagingResponse

from sandbox.phone import PhoneNetwork
from sandbox.web_server import WebServer

GRACE, LINUS = "+33612345678", "+4915123456789"
PUBLIC = "https://listgate.example.org"
INBOUND, STATUS = f"{PUBLIC}/webhooks/twilio/sms", f"{PUBLIC}/webhooks/twilio/status"


@dataclass
class Webhook:
    """A webhook that accepts only requests signed for its public URL."""

    token: str
    received: list[dict[str, str]] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def app(self) -> Flask:
        app = Flask(__name__)
        app.post("/webhooks/twilio/<kind>")(self.receive)
        return app

    def receive(self, kind: str) -> tuple[str, int]:
        signature = request.headers.get("X-Twilio-Signature", "")
        url = f"{PUBLIC}/webhooks/twilio/{kind}"
        if not RequestValidator(self.token).validate(url, request.form, signature):
            return "", 403
        self.received.append(request.form.to_dict())
        self.hosts.add(request.host)
        answer = MessagingResponse()
        if kind == "sms":
            answer.message(f"You said: <{request.form['Body']}>")
        return str(answer), 200


@pytest.fixture
def phone() -> Iterator[PhoneNetwork]:
    with PhoneNetwork() as running:
        yield running


@pytest.fixture
def client(phone: PhoneNetwork) -> Client:
    client = Client(phone.account.sid, phone.account.token, environment={"PATH": ""})
    client.api.base_url = phone.url
    client.http_client.session.trust_env = False
    yield client
    client.http_client.session.close()


@pytest.fixture
def webhook(phone: PhoneNetwork) -> Iterator[Webhook]:
    webhook = Webhook(phone.account.token)
    with WebServer(webhook.app()) as server:
        phone.connect(INBOUND, at=server.url)
        yield webhook


def send(phone: PhoneNetwork, client: Client, to: str = GRACE, body: str = "Hello") -> str:
    created = client.messages.create(
        to=to, from_=phone.account.number, body=body, status_callback=STATUS
    )
    return str(created.sid)


def code_of(client: Client, **fields: str) -> int:
    with pytest.raises(TwilioRestException) as no:
        client.messages.create(**fields)
    assert no.value.status in {400, 401, 404}
    return int(no.value.code)


def test_each_sms_is_reported_as_sent_and_then_delivered(
    phone: PhoneNetwork, client: Client, webhook: Webhook
) -> None:
    sid = send(phone, client)
    phone.settle()

    assert [(f["MessageSid"], f["MessageStatus"]) for f in webhook.received] == [
        (sid, "sent"),
        (sid, "delivered"),
    ]
    assert webhook.hosts == {"listgate.example.org"}
    assert phone.messages[0].status == "delivered"


def test_an_undelivered_sms_is_reported_with_its_code(
    phone: PhoneNetwork, client: Client, webhook: Webhook
) -> None:
    phone.unreachable(GRACE, code=30005)
    sid = send(phone, client)
    send(phone, client, to=LINUS)
    phone.settle()

    failed = [each for each in webhook.received if each["MessageStatus"] == "undelivered"]
    assert [(each["MessageSid"], each["ErrorCode"]) for each in failed] == [(sid, "30005")]
    assert client.messages(sid).fetch().error_code == 30005


def test_without_automatic_only_report_sets_a_status(
    phone: PhoneNetwork, client: Client, webhook: Webhook
) -> None:
    phone.automatic = False
    sid = send(phone, client)
    phone.settle()
    assert webhook.received == []

    answer = phone.report(sid, "failed", code=30008)

    assert answer is not None
    assert answer.status == 200
    assert [each["MessageStatus"] for each in webhook.received] == ["failed"]


def test_an_unavailable_webhook_does_not_stop_deliveries(
    phone: PhoneNetwork, client: Client
) -> None:
    phone.connect(INBOUND, at="http://127.0.0.1:9")
    send(phone, client)
    phone.settle()

    assert phone.messages[0].status == "delivered"
    assert phone.text(GRACE, "Hello").status == 502


def test_an_inbound_sms_is_signed_for_the_public_url(phone: PhoneNetwork, webhook: Webhook) -> None:
    answer = phone.text(GRACE, "OK 482193 – très bien")  # noqa: RUF001

    assert answer.messages == ["You said: <OK 482193 – très bien>"]  # noqa: RUF001
    (fields,) = webhook.received
    assert (fields["From"], fields["To"]) == (GRACE, phone.account.number)
    assert fields["MessageSid"] == fields["SmsSid"]


def test_the_answer_reaches_the_person(phone: PhoneNetwork, webhook: Webhook) -> None:
    del webhook
    phone.text(GRACE, "Hello")

    assert [(sms.body, sms.direction) for sms in phone.to(GRACE)] == [
        ("You said: <Hello>", "outbound-reply")
    ]


def test_a_forged_request_is_detected(phone: PhoneNetwork, webhook: Webhook) -> None:
    evil = "https://evil.example/webhooks/twilio/sms"
    answers = [
        phone.text(GRACE, "OK 482193", token="wrong"),
        phone.text(GRACE, "OK 482193", token=""),
        phone.text(GRACE, "STOP", signed_as=evil),
    ]

    assert [answer.status for answer in answers] == [403, 403, 403]
    assert (webhook.received, phone.messages) == ([], [])


def test_a_report_can_be_forged_too(phone: PhoneNetwork, client: Client, webhook: Webhook) -> None:
    phone.automatic = False
    answer = phone.report(send(phone, client), token="wrong")

    assert answer is not None
    assert answer.status == 403
    assert webhook.received == []


def test_a_replay_has_the_same_message_sid(phone: PhoneNetwork, webhook: Webhook) -> None:
    sid = "SM" + "a" * 32
    phone.text(GRACE, "OK 482193", sid=sid)
    phone.text(GRACE, "OK 482193", sid=sid)

    assert [fields["MessageSid"] for fields in webhook.received] == [sid, sid]


def test_stop_is_answered_by_twilio_and_blocks_further_sms(
    phone: PhoneNetwork, client: Client, webhook: Webhook
) -> None:
    phone.text(GRACE, " stop ")

    assert [sms.body[:42] for sms in phone.to(GRACE)] == [
        "You have successfully been unsubscribed. Y"
    ]
    assert webhook.received[0]["Body"] == " stop "
    assert code_of(client, to=GRACE, from_=phone.account.number, body="Hello") == 21610

    phone.text(GRACE, "START")
    assert send(phone, client)


@pytest.mark.parametrize("body", ["STOP please", "START", "yes", "Nonstop"])
def test_other_words_stop_nothing(
    phone: PhoneNetwork, client: Client, webhook: Webhook, body: str
) -> None:
    del webhook
    answer = phone.text(GRACE, body)

    assert [sms.body for sms in phone.to(GRACE)] == answer.messages
    assert send(phone, client)
