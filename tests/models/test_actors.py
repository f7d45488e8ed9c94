"""Actors without a user, and what they may do."""

import pytest

from models import Actor, Door, Right


def test_without_a_user_an_actor_at_an_open_door_is_unknown_and_may_do_nothing() -> None:
    for door in [Door.PORTAL, Door.LINK, Door.MAIL, Door.SMS]:
        unknown = Actor(None, door)

        assert unknown.name == "unknown sender"
        assert not any(map(unknown.may, Right))


@pytest.mark.parametrize(
    ("actor", "name"), [(Actor.operator(), "operator"), (Actor.system(), "system")]
)
def test_the_operator_and_the_system_have_names_and_may_do_anything(
    actor: Actor, name: str
) -> None:
    assert actor.name == name
    assert all(map(actor.may, Right))
