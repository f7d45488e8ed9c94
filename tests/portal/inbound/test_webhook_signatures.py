"""The webhooks accept only what Twilio has signed for our public address."""

from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from portal.app import create_app
from sandbox.web_server import WebServer
from tests.portal.doors import (
    GRACE,
    PUBLIC,
    SMS_URL,
    STATUS_URL,
    Doors,
    decisions,
    form,
    post_signed,
    rows,
)

SMS_PATH = SMS_URL.removeprefix(PUBLIC)
SID = "SM" + "0" * 32


WRONG: list[dict[str, str]] = [
    {"token": "another account's token"},
    {"token": ""},
    {"signed_as": "https://elsewhere.example.org/webhooks/twilio/sms"},
    {"signed_as": SMS_URL.replace("https", "http")},
    {"signed_as": SMS_URL + "?more=1"},
]


def test_a_wrong_signature_is_403_and_nothing_is_written(doors: Doors, code: str) -> None:
    before = rows()

    for how in [*WRONG, {"signed_as": STATUS_URL}]:
        assert doors.phone.text(GRACE, f"OK {code}", **how).status == 403, how

    sid = doors.phone.to(GRACE)[0].sid
    for how in [*WRONG, {"signed_as": SMS_URL}]:
        report = doors.phone.report(sid, "failed", code=30003, **how)
        assert report is not None
        assert report.status == 403, how
    assert rows() == before


def test_changed_fields_void_a_signature(doors: Doors, code: str) -> None:
    fields = {"MessageSid": SID, "From": GRACE, "Body": f"NO {code}"}
    signature = RequestValidator(doors.phone.account.token).compute_signature(SMS_URL, fields)

    changed = {**fields, "Body": f"OK {code}"}
    answer = form(doors.web + SMS_PATH, changed, X_Twilio_Signature=signature)

    assert answer.status == 403
    assert decisions() == []


def test_a_signature_for_the_url_of_the_request_is_403(doors: Doors, code: str) -> None:
    fields = {"MessageSid": SID, "From": GRACE, "Body": f"OK {code}"}
    before = rows()

    own = post_signed(doors, SMS_URL, doors.web + SMS_PATH, **fields)
    assert (own.status, rows()) == (403, before)

    public = post_signed(doors, SMS_URL, **fields)
    assert public.status == 200
    assert len(decisions()) == 1


def test_without_a_token_every_request_is_refused(doors: Doors, code: str) -> None:
    without = doors.settings.model_copy(update={"twilio_auth_token": SecretStr("")})
    with WebServer(create_app(without)) as web:
        doors.phone.connect(SMS_URL, at=web.url)
        for token in (None, "", doors.phone.account.token):
            assert doors.phone.text(GRACE, f"OK {code}", token=token).status == 403
        fields = {"MessageSid": SID, "From": GRACE, "Body": f"OK {code}"}
        signature = RequestValidator("").compute_signature(SMS_URL, fields)
        with_nothing = form(web.url + SMS_PATH, fields, X_Twilio_Signature=signature)

    assert with_nothing.status == 403
    assert decisions() == []
