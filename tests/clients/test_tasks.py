"""A service calls by signed tasks, with nothing but the client and the broker's URL."""

from collections.abc import Iterator

import pytest

from listgate_client import NoAnswer, Refused
from listgate_client.tasks import Tasks
from models import Actor, Scope
from notifications.letters.keys import Keys
from sandbox.stack import port
from settings import settings
from tests.faults.live import LiveStack
from workflows.services.services import add_key, add_service
from workflows.transaction import transaction

TOKEN = "lgs_7_" + "a" * 52


@pytest.fixture
def tasks(live: LiveStack) -> Iterator[Tasks]:
    """The client of a service that may do everything."""
    with transaction() as session:
        register = add_service(session, "register", [*Scope], actor=Actor.operator())
        key = add_key(session, register, actor=Actor.operator())
        token = Keys.from_settings(settings).service_token(key.id, key.salt)
    with Tasks(live.setup.broker.container.celeryconfig["host_url"], token) as client:
        yield client


def test_a_service_asks_and_changes_an_address_in_its_own_name(
    live: LiveStack, tasks: Tasks
) -> None:
    message, ada, edsger = live.draft(), live.people.ada, live.people.edsger

    asked = tasks.request_approval(message_id=message.id, author_id=ada.id)
    changed = tasks.change_address(user_id=edsger.id, address="e@example.org")

    assert (asked["message"], asked.get("request")) == ("in_moderation", "open")
    assert changed == {"user_id": edsger.id, "changed": True}
    acts = live.sql("select distinct service from audit_entry where door = 'service'")
    assert acts == [("register",)]


def test_a_repeated_call_has_one_effect_although_it_has_a_parcel(
    live: LiveStack, tasks: Tasks
) -> None:
    request, grace = live.ask(letters=False), live.people.grace

    def decide(comment: str) -> object:
        return tasks.decide(
            request_id=request.id,
            approver_id=grace.id,
            verdict="rejected",
            comment=comment,
            idempotency_key="once",
        )

    first = decide("No adverts, please.")

    assert decide("No adverts, please.") == first
    with pytest.raises(Refused) as refused:
        decide("Another comment")
    assert refused.value.code == "key_reused"
    assert live.sql("select comment from decision") == [("No adverts, please.",)]


def test_a_refusal_has_a_code_and_a_sentence(live: LiveStack, tasks: Tasks) -> None:
    request = live.ask(letters=False)

    with pytest.raises(Refused, match=r"^\S.*\.$") as refused:
        tasks.withdraw(request_id=request.id, author_id="external:7")

    assert refused.value.code == "unknown"


def test_a_wrong_key_is_refused(live: LiveStack, tasks: Tasks) -> None:
    tasks.token = tasks.token[:-1] + ("a" if tasks.token[-1] != "a" else "b")

    with pytest.raises(Refused) as refused:
        tasks.request_approval(message_id=live.draft().id, author_id=live.people.ada.id)

    assert refused.value.code == "not_authenticated"


def test_a_call_without_an_answer_names_its_key() -> None:
    with Tasks(f"redis://127.0.0.1:{port()}/0", TOKEN) as away, pytest.raises(NoAnswer) as missing:
        away.remove_user(user_id=1, idempotency_key="again")

    assert missing.value.idempotency_key == "again"
