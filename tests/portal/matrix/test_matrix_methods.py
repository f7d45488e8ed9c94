"""What counts at every address: the token of a form, HEAD as GET, and no method but its own."""

import pytest
from pydantic import SecretStr
from twilio.request_validator import RequestValidator

from portal.app import create_app
from settings import settings
from tests.portal.matrix.forms import FORMS
from tests.portal.matrix.installation import Installation
from tests.portal.matrix.table import KINDS, Line, lines
from tests.portal.visitors import PUBLIC, an_app

# The only ones that take a form without the token of a session, and what keeps them instead.
WITHOUT_TOKEN = {
    "/webhooks/twilio/sms": "Twilio signs what it sends",
    "/webhooks/twilio/status": "Twilio signs what it sends",
    "/answer/{token}": "its reader has no session; the address is the secret, and answers once",
    "/answer/unknown": "the same, without a secret",
}
ADDRESSES = list(dict.fromkeys(line.path for line in lines("GET", "POST")))
FORMS_OF_SESSIONS = [line for line in lines("POST") if line.path not in WITHOUT_TOKEN]
SMS = {"MessageSid": "SM" + "0" * 32, "From": "+33612345678", "Body": "What is this?"}


@pytest.mark.parametrize("line", FORMS_OF_SESSIONS, ids=str)
def test_a_form_without_the_token_of_its_session_is_refused(
    installation: Installation, line: Line
) -> None:
    before = installation.rows()
    path = installation.path(line)

    bare = [
        installation.send("POST", path, who=who, fields={})
        for who in ("anonymous", "ada", "barbara")
    ]
    token = installation.keys["ada"].token
    borrowed = installation.send("POST", path, who="barbara", fields={"csrf_token": token})

    assert {answer.status_code for answer in [*bare, borrowed]} == {400}
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
    url, fields = f"{PUBLIC}/webhooks/twilio/{path}", {**SMS, "MessageStatus": "sent"}
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


@pytest.mark.parametrize("line", lines("GET"), ids=str)
def test_head_is_answered_as_get_is_without_a_body(installation: Installation, line: Line) -> None:
    head = line._replace(method="HEAD")
    before = installation.rows()

    answers = [installation.ask(head, who) for who in (KINDS[0], KINDS[-1])]

    marks = [installation.mark_of(head, answer) for answer in answers]
    assert marks == [line.marks[0], line.marks[-1]]
    assert {answer.data for answer in answers} == {b""}
    assert installation.rows() == before


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_address_knows_more_methods_than_the_table(
    installation: Installation, address: str
) -> None:
    path, before = address.format_map(installation.things), installation.rows()
    known = set(an_app().url_map.bind("listgate.example.org").allowed_methods(path))

    asked = installation.send("OPTIONS", path, who="barbara", fields={})
    others = {
        method: installation.send(method, path, who="barbara", fields={}).status_code
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - known
    }

    assert (asked.status_code, set(asked.allow)) == (200, known)
    assert known <= {"GET", "HEAD", "OPTIONS", "POST"}
    assert set(others.values()) == {405}
    assert installation.rows() == before
