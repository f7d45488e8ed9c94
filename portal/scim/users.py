"""Answer the routes of SCIM: read, add, change and disable people.

Every change is an operation that a task and a route of the HTTP API have, too.
"""

from http import HTTPMethod
from typing import Any
from uuid import uuid4

from flask import Response, g, request
from scim2_models import (
    Context,
    InvalidValueException,
    ListResponse,
    NotFoundException,
    PatchOp,
    PreconditionFailedException,
    ResponseParameters,
    SearchRequest,
    UniquenessException,
)

from models import Service
from models import User as Person
from models.ids import MAX_ID, row_id
from portal.scim.door import answer, blueprint, body, reader, writer
from portal.scim.mapping import changes_of, replaced, user_of, with_paths
from portal.scim.resources import (
    MAX_ROWS,
    POLICY,
    ROWS,
    User,
    parametrized,
)
from workflows.access import find_user
from workflows.public.caller import Caller
from workflows.public.declare import PUBLIC
from workflows.queries.scim_users import Found, changed_at, people_matching
from workflows.services.external_ids import of_person
from workflows.sync.journal import lock_user

# Marks a sentence for pybabel; it is translated when it is answered.
_ = str

scim = blueprint("scim")


@scim.get("/Users")
def search() -> Response:
    """Return a page of people."""
    return page_of(reader(), request.args.to_dict())


@scim.post("/.search")
@scim.post("/Users/.search")
def search_by_body() -> Response:
    """Return a page of people; the filter is in the body, so that no log of URLs has it."""
    return page_of(reader(), body())


def page_of(caller: Caller, asked: dict[str, Any]) -> Response:
    """Return the people that match a filter; raise InvalidValueException for a sorted page."""
    query = parametrized(SearchRequest, User).model_validate(asked, scim_policy=POLICY)
    if query.sort_by:
        raise InvalidValueException(detail=_("Sorting is not supported."))
    start = min(query.start_index or 1, MAX_ID)
    limit = min(ROWS if query.count is None else query.count, MAX_ROWS)
    matching = query.filter.ast if query.filter else None
    total, found = people_matching(
        g.session, service_of(caller), matching, offset=start - 1, limit=limit
    )
    page = parametrized(ListResponse, User)(
        total_results=total,
        start_index=start,
        items_per_page=len(found),
        resources=[user_of(one) for one in found],
    )
    return answer(page, Context.RESOURCE_QUERY_RESPONSE, parameters=query)


@scim.post("/Users")
def add() -> Response:
    """Add a person, or give an existing one the service's key; raise UniquenessException."""
    caller = writer()
    sent = User.model_validate(
        body(), scim_ctx=Context.RESOURCE_CREATION_REQUEST, scim_policy=POLICY
    )
    changes = changes_of(User(), replaced(User(), sent))
    require_name(changes)
    person = find_user(g.session, changes["address"])
    if person:
        lock_user(g.session, person, caller.actor(g.session, None))
        if not sent.external_id or of_person(g.session, service_of(caller), person):
            raise taken()
    added = perform(caller, "add_person", **changes)
    if not (person or added["changed"]):  # another call has just added them
        raise taken()
    if added["changed"] and sent.active is False:
        perform(caller, "disable_person", user_id=added["user_id"])
    user = user_now(caller, caller.person(g.session, added["user_id"]))
    return with_version(answer(user, Context.RESOURCE_CREATION_RESPONSE, status=201), user)


@scim.get("/Users/<number>")
def show(number: str) -> Response:
    """Return a person, disabled or not."""
    caller = reader()
    parameters = parametrized(ResponseParameters, User).model_validate(
        selected(), scim_policy=POLICY
    )
    user = user_now(caller, person_of(caller, number))
    shown = answer(user, Context.RESOURCE_QUERY_RESPONSE, parameters=parameters)
    shown.headers["Cache-Control"] = "private, no-cache"
    shown.vary.add("Authorization")
    with_version(shown, user).make_conditional(request)
    return shown


@scim.put("/Users/<number>")
def replace(number: str) -> Response:
    """Change a person to what is sent; what is left out keeps its value."""
    caller = writer()
    sent = User.model_validate(
        body(), scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST, scim_policy=POLICY
    )
    before = locked(caller, number)
    after = replaced(before, sent)
    return changed(caller, before, after, context=Context.RESOURCE_REPLACEMENT_RESPONSE)


@scim.patch("/Users/<number>")
def patch(number: str) -> Response:
    """Change a person by operations; all of them or none."""
    caller = writer()
    with POLICY:
        sent = with_paths(body())
        operations = parametrized(PatchOp, User).model_validate(
            sent, scim_ctx=Context.RESOURCE_PATCH_REQUEST
        )
        before = locked(caller, number)
        after = before.model_copy(deep=True)
        operations.patch(after)
    return changed(caller, before, after, context=Context.RESOURCE_PATCH_RESPONSE)


@scim.delete("/Users/<number>")
def disable(number: str) -> Response:
    """Disable a person; nothing is deleted, and the person can still be read."""
    caller = writer()
    before = locked(caller, number)
    perform(caller, "disable_person", user_id=int(before.id or 0))
    return Response(status=204)


def service_of(caller: Caller) -> Service:
    """Return the service, which every token has."""
    assert caller.service is not None
    return caller.service


def selected() -> dict[str, str]:
    """Return the parameters that say which attributes are returned."""
    names = {"attributes", "excludedAttributes"} & request.args.keys()
    return {name: request.args[name] for name in names}


def taken() -> UniquenessException:
    """Return the refusal of a user that is there already."""
    return UniquenessException(detail=_("There is already a user with this userName."))


def require_name(changes: dict[str, Any]) -> None:
    """Raise InvalidValueException unless a person who is added has a name and an address."""
    if not changes.get("name"):
        raise InvalidValueException(detail=_("displayName or name is required."))
    if not changes.get("address"):
        raise InvalidValueException(detail=_("userName is required."))


def person_of(caller: Caller, number: str) -> Person:
    """Return the person; raise NotFoundException, Unknown, or Trespass if not the service's own."""
    user_id = row_id(number) if number.isascii() else None
    person = caller.person(g.session, user_id) if user_id else None
    if person is None or person.removed_at:
        raise NotFoundException(detail=_("There is no such user."))
    return person


def locked(caller: Caller, number: str) -> User:
    """Lock a person and return them; raise PreconditionFailedException by If-Match."""
    person = person_of(caller, number)
    lock_user(g.session, person, caller.actor(g.session, None))
    user = user_now(caller, person)
    if request.if_match and not request.if_match.contains_weak(version_of(user)):
        raise PreconditionFailedException(detail=_("The user has changed meanwhile."))
    return user


def user_now(caller: Caller, person: Person) -> User:
    """Return the person as a SCIM user."""
    named = of_person(g.session, service_of(caller), person)
    key = named.key if named else None
    return user_of(Found(person, key, changed_at(g.session, person)))


def changed(caller: Caller, before: User, after: User, *, context: Context) -> Response:
    """Make a person what `after` says, and return the new state."""
    user_id = int(before.id or 0)
    changes = changes_of(before, after)
    if changes:
        perform(caller, "update_person", user_id=user_id, **changes)
    if after.active is not None and after.active != before.active:
        perform(caller, "enable_person" if after.active else "disable_person", user_id=user_id)
    user = user_now(caller, caller.person(g.session, user_id))
    return with_version(answer(user, context), user)


def perform(caller: Caller, operation: str, **given: Any) -> dict[str, Any]:
    """Perform an operation, with an idempotency key of its own: SCIM has none."""
    return PUBLIC[f"listgate.{operation}"].perform(
        g.session, caller, {**given, "idempotency_key": str(uuid4())}
    )


def with_version(response: Response, user: User) -> Response:
    """Add the version and the place of a user to the headers."""
    assert user.meta is not None
    response.set_etag(version_of(user), weak=True)
    location = "Content-Location" if request.method != HTTPMethod.POST else "Location"
    response.headers[location] = user.meta.location or ""
    return response


def version_of(user: User) -> str:
    """Return the version without its quotes."""
    assert user.meta is not None
    return (user.meta.version or "").removeprefix("W/").strip('"')
