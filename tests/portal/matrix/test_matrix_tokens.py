"""Every form needs the token of its session, or what replaces it."""

import pytest
from flask_wtf.csrf import CSRFError
from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from portal.app import create_app
from settings import settings
from tests.portal.matrix.forms import FORMS
from tests.portal.matrix.installation import Installation
from tests.portal.matrix.table import lines
from tests.portal.visitors import PUBLIC

# The only ones that take a form without the token of a session, and what keeps them instead.
WITHOUT_TOKEN = {
    "/webhooks/twilio/sms": "Twilio signs what it sends",
    "/webhooks/twilio/status": "Twilio signs what it sends",
    "/answer/{token}": "its reader has no session; the address is the secret, and answers once",
    "/answer/unknown": "the same, without a secret",
    "/unsubscribe/{unsubscribe}": "mailbox providers post it; the address is the secret",
    "/unsubscribe/unknown": "the same, without a secret",
}
FORMS_OF_SESSIONS = [line for line in lines("POST") if line.path not in WITHOUT_TOKEN]


def test_no_form_is_accepted_without_a_token(installation: Installation) -> None:
    for line in FORMS_OF_SESSIONS:
        headers = {"Cookie": installation.keys["barbara"].cookie}
        sent = {"method": "POST", "base_url": PUBLIC, "headers": headers}
        context = installation.app.test_request_context(installation.path(line), **sent)
        # Without the error page; a refusal of the view would be another exception.
        with context, pytest.raises(CSRFError):
            installation.app.dispatch_request()
            pytest.fail(f"{line} is accepted")


@pytest.mark.parametrize("sender", ["ada", ""])
def test_a_form_without_its_own_token_is_refused_and_changes_nothing(
    installation: Installation, sender: str
) -> None:
    fields = {"csrf_token": installation.keys[sender].token} if sender else {}
    before = installation.rows()

    # One form: they all have their tokens read in one place.
    path = installation.path(FORMS_OF_SESSIONS[-1])
    answer = installation.send("POST", path, who="barbara", fields=fields)

    assert answer.status_code == 400
    assert installation.rows() == before
    assert installation.published == []


def test_the_link_of_a_letter_answers_without_a_session_and_once(
    installation: Installation,
) -> None:
    path, fields = f"/answer/{installation.things['token']}", FORMS["/answer/{token}"]

    with installation.undone():
        first = installation.send("POST", path, who="anonymous", fields=fields)
        after = installation.rows()
        second = installation.send("POST", path, who="anonymous", fields=fields)

        assert (first.status_code, second.status_code) == (303, 409)
        assert installation.rows() == after


def test_a_link_that_was_never_sent_answers_nothing(installation: Installation) -> None:
    before = installation.rows()

    answer = installation.send(
        "POST", "/answer/unknown", who="grace", fields=FORMS["/answer/unknown"]
    )

    assert answer.status_code == 404
    assert installation.rows() == before


@pytest.mark.parametrize(("path", "status"), [("sms", 200), ("status", 204)])
def test_a_webhook_takes_what_is_signed_and_nothing_else(
    installation: Installation, path: str, status: int
) -> None:
    url, fields = f"{PUBLIC}/webhooks/twilio/{path}", FORMS[f"/webhooks/twilio/{path}"]
    signed = settings.model_copy(
        update={"public_url": PUBLIC, "twilio_auth_token": SecretStr("a token")}
    )
    client, before = create_app(signed).test_client(), installation.rows()

    forged = client.post(url, data=fields, headers={"X-Twilio-Signature": "forged"})
    assert (forged.status_code, installation.rows()) == (403, before)
    signature = RequestValidator("a token").compute_signature(url, fields)
    with installation.undone():
        genuine = client.post(url, data=fields, headers={"X-Twilio-Signature": signature})

    assert genuine.status_code == status
