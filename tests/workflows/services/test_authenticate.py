"""Which service calls: by the token of its key, or by what it signed with it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from models import ServiceKey
from models.clock import now
from notifications.letters.keys import Keys
from tests.letter_context import KEYS
from tests.workflows.locks import never_wait
from tests.workflows.services.callers import CALL, OPERATOR, a_key, a_service, signed, token_of
from workflows.services import authenticate
from workflows.services.authenticate import (
    CLOCKS_DIFFER,
    NOTED_EVERY,
    VALID_FOR,
    NotAuthenticated,
    key_of_envelope,
    key_of_token,
    sign,
)
from workflows.services.services import add_key, disable_service, enable_service, revoke_key

OTHER_SECRET = Keys(b"another secret, also 32 characters")
NAME, TASK_ID, ARGUMENTS = CALL


def test_a_token_and_a_signature_find_their_key(session: Session) -> None:
    key, _other = a_key(session), a_key(session, "register")

    assert key_of_token(session, token_of(key), KEYS) is key
    assert key_of_envelope(session, signed(key), CALL, KEYS) is key


def test_a_wrong_token_finds_no_key(session: Session) -> None:
    key = a_key(session)
    right, other = token_of(key), token_of(a_key(session, "register"))
    secret = right.rpartition("_")[2]
    wrong = (
        *("", "lgs", right[:-1], f"{right}a", right.upper(), f" {right}", f"{right}\n"),
        *(f"lgs_{number}_{secret}" for number in (key.id + 1, 0, -1, 10**18, "9" * 19, "x")),
        f"lgs_{key.id}_{other.rpartition('_')[2]}",
        f"lgs_{key.id}_{'é' * 52}",
        OTHER_SECRET.service_token(key.id, key.salt),
        KEYS.service_token(key.id, "the salt of before a back-up was restored"),
    )

    for token in wrong:
        with pytest.raises(NotAuthenticated, match="This token is unknown"):
            key_of_token(session, token, KEYS)
    assert key.last_used_at is None


def test_a_wrong_envelope_finds_no_key(session: Session) -> None:
    key, other = a_key(session), a_key(session, "register")
    number, at, signature = signed(key).split(".")
    by_another_secret = sign(
        OTHER_SECRET.service_token(key.id, key.salt), CALL, at=int(now().timestamp())
    )
    wrong = {
        None: "is not signed",
        "": "unknown",
        7: "unknown",
        f"{number}.{at}": "unknown",
        f"{number}.{at}.{signature[:-1]}é": "unknown",
        f"{other.id + 1}.{at}.{signature}": "unknown",
        f"{'9' * 19}.{at}.{signature}": "unknown",
        f"{other.id}.{at}.{signature}": "wrong",
        f"{number}.{int(at) - 1}.{signature}": "wrong",
        f"{number}.0{at}.{signature}": "wrong",
        f"{number}.{at}.{'0' * 64}": "wrong",
        by_another_secret: "wrong",
    }

    for envelope, why in wrong.items():
        with pytest.raises(NotAuthenticated, match=why):
            key_of_envelope(session, envelope, CALL, KEYS)
    assert (key.last_used_at, other.last_used_at) == (None, None)


def test_a_signature_holds_for_one_name_one_id_and_these_arguments(session: Session) -> None:
    key = a_key(session)
    envelope = signed(key)

    for other in (
        ("listgate.unsubscribe", TASK_ID, ARGUMENTS),
        (NAME, TASK_ID.replace("0", "1"), ARGUMENTS),
        (NAME, TASK_ID, ARGUMENTS | {"user_id": 8}),
        (NAME, TASK_ID, ARGUMENTS | {"by_id": None}),
        (NAME, TASK_ID, {}),
    ):
        with pytest.raises(NotAuthenticated, match="wrong"):
            key_of_envelope(session, envelope, other, KEYS)
    assert key_of_envelope(
        session, envelope, (NAME, TASK_ID, dict(reversed(ARGUMENTS.items()))), KEYS
    )


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
MAPPINGS = st.dictionaries(st.text(max_size=3), JSON, max_size=3)


def exact(value: Any) -> Any:
    """Return the value in a form in which 1, 1.0 and True differ, as they do in JSON."""
    if isinstance(value, dict):
        return {name: exact(one) for name, one in value.items()}
    return [exact(one) for one in value] if isinstance(value, list) else repr(value)


@given(first=MAPPINGS, second=MAPPINGS)
def test_only_the_same_arguments_have_the_same_signature(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    signatures = [sign("lgs_1_secret", (NAME, TASK_ID, one), at=1) for one in (first, second)]

    assert (signatures[0] == signatures[1]) == (exact(first) == exact(second))


@given(arguments=MAPPINGS, name=st.text(max_size=3), value=JSON)
def test_any_change_of_the_arguments_voids_the_signature(
    arguments: dict[str, Any], name: str, value: Any
) -> None:
    changed = arguments | {name: value}
    signatures = [sign("lgs_1_secret", (NAME, TASK_ID, one), at=1) for one in (arguments, changed)]

    assert (signatures[0] == signatures[1]) == (exact(arguments) == exact(changed))


def test_a_signature_is_valid_for_six_days_and_clocks_may_differ_by_minutes(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, moment = a_key(session), now()
    monkeypatch.setattr(authenticate, "now", lambda: moment)
    day, second = VALID_FOR.total_seconds(), 1
    at, ahead = int(moment.timestamp()), CLOCKS_DIFFER.total_seconds()

    for seconds in (-day + second, ahead - second):
        envelope = sign(token_of(key), CALL, at=int(at + seconds))
        assert key_of_envelope(session, envelope, CALL, KEYS) is key
    for seconds in (-day - second, ahead + second, -at):
        envelope = sign(token_of(key), CALL, at=int(at + seconds))
        with pytest.raises(NotAuthenticated, match="too old, or of the future"):
            key_of_envelope(session, envelope, CALL, KEYS)


def test_a_key_that_is_revoked_expired_or_of_a_disabled_service_is_refused(
    session: Session,
) -> None:
    service = a_service(session)
    endings: dict[str, Callable[[ServiceKey], object]] = {
        "revoked": lambda key: revoke_key(session, service, key.id, actor=OPERATOR),
        "expired": lambda key: setattr(key, "expires_at", now() - timedelta(seconds=1)),
        "disabled": lambda _: disable_service(session, service, actor=OPERATOR),
    }

    for end in endings.values():
        key = add_key(session, service, lasts=timedelta(days=1), actor=OPERATOR)
        session.refresh(service)
        token, envelope = token_of(key), signed(key)
        assert key_of_token(session, token, KEYS) is key
        end(key)
        with pytest.raises(NotAuthenticated):
            key_of_token(session, token, KEYS)
        with pytest.raises(NotAuthenticated, match="unknown, expired or revoked"):
            key_of_envelope(session, envelope, CALL, KEYS)
    enable_service(session, service, actor=OPERATOR)
    assert key_of_token(session, token_of(key), KEYS) is key


def test_the_use_of_a_key_is_noted_once_a_minute(session: Session) -> None:
    key = a_key(session)
    key_of_token(session, token_of(key), KEYS)
    session.refresh(key)
    first = key.last_used_at
    assert first is not None

    key_of_envelope(session, signed(key), CALL, KEYS)
    session.refresh(key)
    assert key.last_used_at == first

    key.last_used_at = earlier = first - NOTED_EVERY
    session.flush()
    key_of_envelope(session, signed(key), CALL, KEYS)
    session.refresh(key)
    assert key.last_used_at > earlier


def test_a_call_does_not_wait_for_another_one_with_its_key(own_database: Engine) -> None:
    with Session(own_database, expire_on_commit=False) as session, session.begin():
        key = a_key(session)
    token = token_of(key)

    with Session(own_database) as first, Session(own_database) as second:
        never_wait(second)
        assert key_of_token(first, token, KEYS).last_used_at is not None
        assert key_of_token(second, token, KEYS).id == key.id
