"""Subscribe and unsubscribe people, from another service."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from pydantic import Field
from sqlalchemy.orm import Session

from models import Scope
from workflows.public.call import ACTS, LIST, OWN_OR_402, AList, Answer, Call, Person, Query
from workflows.public.caller import Caller
from workflows.public.declare import public
from workflows.queries.user_lists import lists_asked, subscriptions_of
from workflows.subscriptions import requests
from workflows.subscriptions import subscribe as verbs

# People per call: under a megabyte of ids in the queue.
MAX_USER_IDS = 100_000
UserIds = Annotated[list[Person], Field(min_length=1, max_length=MAX_USER_IDS)]


class Changed(Answer):
    """Whether something changed for a user; `asked` is there if the owners of a list were asked."""

    user_id: int
    changed: bool
    asked: bool | None = None


class Imported(Answer):
    """How many people have joined a list."""

    list: str
    joined: int


class Subscribe(Call):
    """Put a user on a list; a user who joins a list on request by themselves asks its owners.

    Then the result is `"changed": false, "asked": true`, and the owners answer later.
    """

    user_id: Person = Field(description="Who joins")
    list: AList = LIST
    by_id: Person | None = OWN_OR_402


class Unsubscribe(Call):
    """Take a user off a list."""

    user_id: Person = Field(description="Who leaves")
    list: AList = LIST
    by_id: Person | None = OWN_OR_402


class ImportSubscribers(Call):
    """Put many users on a list, all or none; one push follows."""

    list: AList = LIST
    user_ids: UserIds = Field(
        description=f"Who joins, up to {MAX_USER_IDS:,}, by id or by `external:` and the service's "
        "own key; who is on it stays on it"
    )
    by_id: Person | None = ACTS


class PersonSubscriptions(Query):
    """Read which lists a person is on, and which they ask to join."""

    user_id: Person = Field(description="The person")


class Membership(Answer):
    """A list that a person is on; a suspended member gets no copies until a person resumes it."""

    list: str
    since: datetime
    suspended_at: datetime | None = None


class Memberships(Answer):
    """The lists of a person."""

    user_id: int
    disabled: bool
    lists: Sequence[Membership]
    asks_to_join: Sequence[str]


@public("listgate.subscribe", Scope.SUBSCRIPTIONS)
def subscribe(session: Session, caller: Caller, call: Subscribe) -> Changed:
    """Put a user on a list."""
    actor = caller.actor(session, call.by_id)
    user = caller.person(session, call.user_id)
    which = caller.mailing_list(session, call.list)
    joined = requests.join(session, user, which, actor=actor)
    asked = joined is requests.Joined.ASKED
    done = joined is requests.Joined.SUBSCRIBED
    return Changed(user_id=user.id, changed=done, asked=asked or None)


@public("listgate.unsubscribe", Scope.SUBSCRIPTIONS)
def unsubscribe(session: Session, caller: Caller, call: Unsubscribe) -> Changed:
    """Take a user off a list."""
    actor = caller.actor(session, call.by_id)
    user = caller.person(session, call.user_id)
    which = caller.mailing_list(session, call.list)
    left = verbs.unsubscribe(session, user, which, actor=actor)
    return Changed(user_id=user.id, changed=left)


@public("listgate.import_subscribers", Scope.SUBSCRIPTIONS)
def import_subscribers(session: Session, caller: Caller, call: ImportSubscribers) -> Imported:
    """Put many users on a list."""
    actor = caller.actor(session, call.by_id)
    which = caller.mailing_list(session, call.list)
    joined = verbs.subscribe_all(session, which, caller.people(session, call.user_ids), actor=actor)
    return Imported(list=which.short_name, joined=joined)


@public("listgate.person_subscriptions", Scope.READ)
def person_subscriptions(
    session: Session, caller: Caller, call: PersonSubscriptions
) -> Memberships:
    """Read a person's lists."""
    user = caller.person(session, call.user_id)
    return Memberships(
        user_id=user.id,
        disabled=user.disabled_at is not None,
        lists=[
            Membership(list=name, since=since, suspended_at=suspended_at)
            for name, since, suspended_at in subscriptions_of(session, user)
        ],
        asks_to_join=lists_asked(session, user),
    )
