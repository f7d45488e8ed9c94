"""No request breaks a page: hostile fields in every form and query, by every kind of person.

`make test` sends a part of the requests, always the same ones; `make fuzz` sends thousands, of
which it prints the seed.  A failure prints the request.
"""

import gc
import logging
import os
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from random import Random
from urllib.parse import urlencode, urlsplit

import pytest
from pydantic import SecretStr
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, TestResponse
from werkzeug.wrappers import Request as ReadRequest

from tests.portal.fuzz import hostile
from tests.portal.fuzz.requests import URLENCODED, Request, Shown, forms, requests
from tests.portal.matrix.installation import Installation
from tests.portal.visitors import PUBLIC, answered, forget_guesses

SEED = int(os.environ.get("FUZZ_SEED", "1"))
NUMBER = int(os.environ.get("FUZZ_REQUESTS", "100"))

MAIN = re.compile(r"<main.*?</main>", re.DOTALL)
# Twilio's, which signs what it posts; without a signature a webhook reads nothing.
TOKEN = "a token of the fuzz"

ALERT = re.compile(r'role="alert"[^>]*>\s*[^<\s]|</h1>\s*<p>[^<]')


@pytest.fixture(scope="module")
def shown(installation: Installation) -> list[Shown]:
    """Every form of the installation."""
    return forms(installation)


@pytest.fixture(autouse=True)
def _token(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the webhooks believe what this test signs."""
    config = installation.app.config
    twilio = {"public_url": PUBLIC, "twilio_auth_token": SecretStr(TOKEN)}
    monkeypatch.setitem(config, "LISTGATE", config["LISTGATE"].model_copy(update=twilio))


@pytest.fixture
def errors() -> Iterator[list[str]]:
    """What is logged as an error."""
    logged: list[str] = []

    class Collect(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            logged.append(f"{record.getMessage()} {record.exc_info}")

    collect = Collect(logging.ERROR)
    logging.getLogger().addHandler(collect)
    yield logged
    logging.getLogger().removeHandler(collect)


def test_a_webhook_reads_what_it_is_sent(installation: Installation, shown: list[Shown]) -> None:
    hooks = [each.form for each in shown if each.form.path.startswith("/webhooks/")]

    for form in hooks:
        body = urlencode(form.fields).encode()
        request = Request("anonymous", "POST", form.path, b"", body, URLENCODED)
        assert send(installation, request).status_code in (200, 204), form


def send(installation: Installation, request: Request) -> TestResponse:
    """Send the request, and undo what it did."""
    cookie = installation.keys[request.who].cookie
    with installation.undone():
        headers = {"Cookie": cookie, "X-Twilio-Signature": signature(request)}
        answer = answered(installation.app, built(request, headers))
    if answer.status_code == 429:
        forget_guesses(installation.app)
    return answer


def built(request: Request, headers: dict[str, str]) -> EnvironBuilder:
    """Return the request as the portal gets it."""
    return EnvironBuilder(
        request.path,
        method=request.method,
        base_url=PUBLIC,
        query_string=request.query.decode(),
        data=request.body,
        content_type=request.content_type,
        headers=Headers(headers),
    )


def signature(request: Request) -> str:
    """Return Twilio's signature of the form as a webhook reads it; other routes read none."""
    if not request.path.startswith("/webhooks/"):
        return ""
    read = ReadRequest(built(request, {}).get_environ())
    return str(RequestValidator(TOKEN).compute_signature(read.url, read.form))


def faults(answer: TestResponse) -> list[str]:
    """Return what is wrong with the answer to a hostile request."""
    found = []
    if answer.status_code >= 500:
        found.append(f"status {answer.status_code}")
    if hostile.TAG in answer.data and answer.mimetype == "text/html":
        found.append("the tag is not escaped")
    if answer.status_code >= 400 and not explained(answer):
        found.append(f"{answer.status_code} without a sentence")
    onward = urlsplit(answer.headers.get("Location", ""))
    if onward.netloc not in ("", urlsplit(PUBLIC).netloc) or "\\" in onward.path:
        found.append(f"leads to {onward.geturl()}")
    return found


def explained(answer: TestResponse) -> bool:
    """Whether a person can read why the request was refused; a webhook has no reader."""
    if answer.request.path.startswith("/webhooks/"):
        return True
    if answer.mimetype != "text/html" or "<main" not in answer.text:
        return bool(answer.data.strip())
    main = MAIN.search(answer.text)
    return bool(main and ALERT.search(main[0]))


# Werkzeug leaves the files of a body open that it cannot parse to the end.
@pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning")
def test_no_request_breaks_a_page(
    installation: Installation, shown: list[Shown], errors: list[str]
) -> None:
    forget_guesses(installation.app)
    wrong, statuses = [], Counter[int]()
    generated = requests(installation, shown, Random(SEED))  # noqa: S311 (repeatable, no secret)

    for number, request in enumerate(islice(generated, NUMBER)):
        answer = send(installation, request)
        statuses[answer.status_code] += 1
        wrong += [f"{fault}: request {number}, {request}" for fault in faults(answer)]
        wrong += [f"{error}: request {number}, {request}" for error in errors]
        errors.clear()

    gc.collect()  # now, not in the next test, which would fail with the warning
    print(f"FUZZ_SEED={SEED} FUZZ_REQUESTS={NUMBER}: {dict(sorted(statuses.items()))}")
    assert not wrong, "\n".join([f"FUZZ_SEED={SEED}", *wrong])
