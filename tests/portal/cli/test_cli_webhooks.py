"""`listgate webhook`."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Actor, EventDelivery, EventDeliveryState, EventEndpoint, EventFailure, Scope
from tests.builders import listgate
from workflows.services.services import add_service


@pytest.fixture(autouse=True)
def service(session: Session) -> None:
    """A members' register, which may read."""
    add_service(session, "register", [Scope.READ], actor=Actor.operator())


def endpoint(session: Session) -> EventEndpoint:
    session.expire_all()
    return session.scalars(select(EventEndpoint).order_by(EventEndpoint.id)).all()[-1]


def test_a_webhook_is_added_listed_disabled_enabled_and_removed(session: Session) -> None:
    url = "https://register.example.org/hook"
    added = listgate("webhook", "add", "register", url, "--event", "message.sent")
    secret = added.output.split()[-1]
    number = str(endpoint(session).id)

    assert secret.startswith("whsec_")
    assert endpoint(session).kinds == ["message.sent"]
    assert secret not in listgate("webhook", "list").output
    assert url in listgate("webhook", "list").output
    assert "disabled." in listgate("webhook", "disable", number).output
    assert "disabled since" in listgate("webhook", "list").output
    assert "enabled." in listgate("webhook", "enable", number).output
    assert "removed." in listgate("webhook", "remove", number).output
    assert "No webhooks yet" in listgate("webhook", "list").output


def test_a_stream_is_added_for_every_kind_but_tests(session: Session) -> None:
    added = listgate("webhook", "add", "register", "--stream")

    assert added.output.split()[-1] == "listgate:events:register"
    assert endpoint(session).url is None
    assert "webhook.test" not in endpoint(session).kinds
    assert len(endpoint(session).kinds) == 12


def test_a_new_secret_is_printed_for_a_webhook_but_not_for_a_stream(session: Session) -> None:
    url = "https://register.example.org/hook"
    added = listgate("webhook", "add", "register", url)
    number = str(endpoint(session).id)

    replaced = [listgate("webhook", "rotate", number, *each) for each in ([], ["--at-once"])]

    secrets = {each.output.split()[-1] for each in (added, *replaced)}
    assert len(secrets) == 3
    assert all(each.startswith("whsec_") for each in secrets)
    listgate("webhook", "add", "register", "--stream")
    assert listgate("webhook", "rotate", str(endpoint(session).id)).exit_code == 2


@pytest.mark.parametrize("arguments", [[], ["https://register.example.org/", "--stream"]])
def test_a_webhook_has_either_a_url_or_a_stream(arguments: list[str]) -> None:
    assert listgate("webhook", "add", "register", *arguments).exit_code == 2


def test_a_dead_letter_is_shown_and_replayed(session: Session) -> None:
    listgate("webhook", "add", "register", "https://register.example.org/hook")
    number = str(endpoint(session).id)
    assert "waits for the worker" in listgate("webhook", "test", number).output
    dead = session.scalars(select(EventDelivery)).one()
    dead.failure, dead.http_status = EventFailure.STATUS, 503
    dead.move(EventDeliveryState.FAILED)

    shown = listgate("webhook", "failed", number).output

    assert [word in shown for word in ("webhook.test", "status", "503")] == [True] * 3
    assert "1 event will" in listgate("webhook", "replay", number).output
    assert "no dead letters" in listgate("webhook", "failed", number).output
