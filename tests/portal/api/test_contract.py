"""Every answer is as the description says, whatever is sent (schemathesis).

`make test` sends the simplest request to each route, with ids of rows that exist; `make fuzz` sends
thousands, half of them with such ids.
"""

import os
from collections import Counter
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, checks
from schemathesis.core.result import Ok

from models import ActsFor
from models.database import new_session
from portal.api.openapi import EXAMPLES
from tests.portal.api.client import a_key, token_of
from tests.portal.matrix.installation import Installation

SEED = int(os.environ.get("FUZZ_SEED", "1"))
NUMBER = int(os.environ.get("API_REQUESTS", "0"))

CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture
def tokens(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tokens of a service that acts for everyone, and of one that acts for its own people."""
    config = installation.app.config
    unlimited = config["LISTGATE"].model_copy(update={"api_rate": 0})
    monkeypatch.setitem(config, "LISTGATE", unlimited)
    with new_session.begin() as session:
        return [token_of(a_key(session, name=one, acts_for=one)) for one in ActsFor]


def test_every_answer_is_as_described_and_a_refusal_writes_nothing(
    installation: Installation, tokens: list[str]
) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", installation.app)
    operations = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    before = installation.rows(refusals=False)
    answered: Counter[int] = Counter()

    def try_case(case: Case[Any], token: str, known: dict[str, Any]) -> None:
        replace(case, known)
        with installation.undone():
            answer = case.call(headers={"Authorization": f"Bearer {token}"})
            answered[answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS)
            if answer.status_code >= 400:
                assert installation.rows(refusals=False) == before, case.as_curl_command()

    for operation in operations:
        some = hypothesis.settings(
            max_examples=max(1, NUMBER // len(operations)),
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            database=None,
            derandomize=SEED == 1,
        )
        modes = GenerationMode if NUMBER else [GenerationMode.POSITIVE]
        cases = st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])
        known = st.one_of(st.fixed_dictionaries(rows_of(installation)), st.just({}))
        hypothesis.seed(SEED)(
            some(given(case=cases, token=st.sampled_from(tokens), known=known)(try_case))
        )()

    print(f"{sum(answered.values())} requests: {dict(sorted(answered.items()))}")
    assert answered[200] > 0
    assert sum(answered.values()) >= NUMBER // 2


def rows_of(installation: Installation) -> dict[str, st.SearchStrategy[Any]]:
    """Return arguments that name rows of the installation."""
    things = installation.things
    people = st.sampled_from([int(things[name]) for name in ("edsger", "grace")])
    messages = ("draft", "asked", "scheduled", "sent")
    return {
        "user_id": people,
        "author_id": people,
        "approver_id": people,
        "by_id": people,
        "list": st.sampled_from(["announce", "held", EXAMPLES["list"]]),
        "message_id": st.sampled_from([int(things[name]) for name in messages]),
        "request_id": st.sampled_from([int(things[name]) for name in ("request", "decided")]),
    }


def replace(case: Case[Any], known: dict[str, Any]) -> None:
    """Put ids of rows that exist into the places where the request has ids."""
    for place in (case.path_parameters, case.query, case.body):
        if isinstance(place, dict):
            place.update({name: known[name] for name in place.keys() & known.keys()})
