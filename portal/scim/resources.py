"""What the SCIM server publishes about itself: the User resource, and its capabilities."""

from functools import cache
from typing import Annotated, Any

from scim2_models import (
    URN,
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    ComplexAttribute,
    ETag,
    Filter,
    Patch,
    Required,
    Resource,
    ResourceType,
    ScimPolicy,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)
from scim2_models import User as CoreUser

PREFIX = "/scim/v2"

MAX_ROWS = 200  # per page
ROWS = 100

# Attributes that Listgate has not are ignored (RFC 7644, 3.3), a password too.  Microsoft Entra
# names in the path what a remove selects by its value, and replaces entries that do not exist yet.
POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)


class Name(ComplexAttribute):
    """The parts of a name; Listgate has one name for a person."""

    formatted: str | None = None
    """The whole name; displayName goes before it."""

    given_name: str | None = None
    """With familyName, the name if there is no other; not returned."""

    family_name: str | None = None
    """With givenName, the name if there is no other; not returned."""


class Email(ComplexAttribute):
    """An e-mail address."""

    value: str | None = None
    """The address; of the primary one, the same as userName."""

    type: str | None = None
    """Returned as work."""

    primary: bool | None = None
    """Whether this is the address; others are ignored."""


class PhoneNumber(ComplexAttribute):
    """A telephone number."""

    value: str | None = None
    """In E.164, or as people write it, with the country's prefix."""

    type: str | None = None
    """Returned as mobile."""

    primary: bool | None = None
    """Whether this is the number; others are ignored."""


class User(Resource[Any]):
    """A person."""

    __schema__ = URN(CoreUser.__schema__)

    user_name: Annotated[str | None, Required.true, Uniqueness.server] = None
    """The person's e-mail address."""

    name: Name | None = None
    """The parts of the name."""

    display_name: str | None = None
    """The person's name."""

    preferred_language: str | None = None
    """Of letters and pages: en, de or fr; others change nothing."""

    timezone: str | None = None
    """An IANA name such as Europe/Zurich, in which the person reads times."""

    active: bool | None = None
    """Whether the person can act and receives messages."""

    emails: list[Email] | None = None
    """The address; a person has one."""

    phone_numbers: list[PhoneNumber] | None = None
    """The telephone number; a person has at most one."""


@cache
def parametrized(generic: Any, resource: type[Resource[Any]]) -> Any:
    """Return a type of SCIM messages for this resource, such as `ListResponse[User]`.

    To make it, pydantic looks at every frame of the stack for its source.  While modules are
    imported, that takes half a second for all of them, which a program without SCIM saves.
    """
    return generic[resource]


CONFIG = ServiceProviderConfig(
    patch=Patch(supported=True),
    bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
    filter=Filter(supported=True, max_results=MAX_ROWS),
    change_password=ChangePassword(supported=False),
    sort=Sort(supported=False),
    etag=ETag(supported=True),
    authentication_schemes=[
        AuthenticationScheme(
            type=AuthenticationScheme.Type.oauthbearertoken,
            name="Bearer token",
            description="The key of a service: `listgate service key` shows it once.",
            primary=True,
        )
    ],
)

RESOURCE_TYPE = ResourceType.from_resource(User)
SCHEMA = User.to_schema()
