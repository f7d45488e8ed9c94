"""A person as a SCIM user, and what a SCIM user changes of a person."""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Any

from flask import current_app
from scim2_models import InvalidValueException, Meta, MutabilityException

from models import Language
from models.addresses import address_key
from notifications.sms.twilio import valid_number
from portal.scim.resources import PREFIX, Email, Name, PhoneNumber, User
from workflows.queries.scim_users import ADDRESS_TYPE, Found

# Marks a sentence for pybabel; it is translated when it is answered.
_ = str

MOBILE = "mobile"
# Numbers that no person answers.
MACHINES = {"fax", "pager"}


def user_of(found: Found) -> User:
    """Return the person as a SCIM user."""
    person = found.person
    phones = [PhoneNumber(value=person.phone, type=MOBILE, primary=True)] if person.phone else None
    user = User(
        id=str(person.id),
        external_id=found.key,
        user_name=person.address,
        name=Name(formatted=person.name),
        display_name=person.name,
        preferred_language=person.language.value,
        timezone=person.time_zone or None,
        active=person.disabled_at is None,
        emails=[Email(value=person.address, type=ADDRESS_TYPE, primary=True)],
        phone_numbers=phones,
    )
    user.meta = Meta(
        resource_type="User",
        created=person.created_at,
        last_modified=found.changed_at,
        location=url_of(f"/Users/{person.id}"),
        version=f'W/"{sha256(user.model_dump_json().encode()).hexdigest()[:32]}"',
    )
    return user


def url_of(path: str) -> str:
    """Return the absolute URL of a path below /scim/v2."""
    public: str = current_app.config["LISTGATE"].public_url
    return f"{public.rstrip('/')}{PREFIX}{path}"


def replaced(before: User, sent: User) -> User:
    """Return the user with what a POST or a PUT has; what is left out keeps its value."""
    after = before.model_copy(deep=True)
    for name in sent.model_fields_set - {"id", "meta", "schemas", "name", "display_name"}:
        setattr(after, name, getattr(sent, name))
    parts = sent.name or Name()
    after.name = None
    after.display_name = (
        sent.display_name
        or parts.formatted
        or joined(parts.given_name, parts.family_name)
        or before.display_name
    )
    return after


def with_paths(patch: dict[str, Any]) -> dict[str, Any]:
    """Return the patch with an operation of its own for each value that a filter names.

    Some providers leave out the path, and name a value `emails[type eq "work"].value`; the library
    would ignore it.
    """
    operations = patch.get("Operations")
    if not isinstance(operations, list):
        return patch
    return {**patch, "Operations": [each for one in operations for each in spread(one)]}


def spread(operation: Any) -> Iterator[Any]:
    """Yield the operation without the values that a filter names, and one for each of these."""
    value = operation.get("value") if isinstance(operation, dict) else None
    if not isinstance(value, dict) or "path" in operation or is_removal(operation):
        yield operation
        return
    named = [key for key in value if "[" in key]
    others = {key: value[key] for key in value if key not in named}
    if others or not named:
        yield {**operation, "value": others}
    for path in named:
        yield {**operation, "path": path, "value": value[path]}


def is_removal(operation: dict[str, Any]) -> bool:
    """Whether the operation removes what its path names, and so has no other names."""
    return str(operation.get("op")).lower() == "remove"


def changes_of(before: User, after: User) -> dict[str, Any]:
    """Return what differs, as arguments of `listgate.update_person`.

    Raises InvalidValueException or MutabilityException, and Invalid for a telephone number.
    """
    found = {
        "address": new_address(before, after),
        "name": new_name(before, after),
        "phone": new_phone(before, after),
        "external_id": new_key(before, after),
        "language": new_language(before, after),
        "time_zone": None if before.timezone == after.timezone else after.timezone or "",
    }
    return {name: value for name, value in found.items() if value is not None}


def new_address(before: User, after: User) -> str | None:
    """Return the new address; userName and the primary e-mail may not be two different ones."""
    former = address_key(before.user_name or "")
    given = (after.user_name, address_in(after.emails))
    new = {key: one for one in given if one and (key := address_key(one.strip())) != former}
    if len(new) > 1:
        raise InvalidValueException(
            detail=_("userName and the primary e-mail address must be the same address.")
        )
    return next(iter(new.values()), None)


def address_in(emails: Sequence[Email] | None) -> str | None:
    """Return the primary address, or the one for work."""
    there = [one for one in emails or () if one.value]
    primary = [one for one in there if one.primary]
    at_work = [one for one in there if (one.type or "").lower() == ADDRESS_TYPE]
    return next((one.value for one in (*primary, *at_work)), None)


def new_name(before: User, after: User) -> str | None:
    """Return the new name: displayName, name.formatted, or givenName and familyName."""
    parts = after.name or Name()
    whole = joined(parts.given_name, parts.family_name)
    both = whole if parts.given_name and parts.family_name else None
    given = (after.display_name, parts.formatted, both)
    return next((one for one in given if one and one != before.display_name), None)


def joined(*parts: str | None) -> str:
    """Return the parts of a name, with a space between them."""
    return " ".join(part for part in parts if part)


def new_phone(before: User, after: User) -> str | None:
    """Return the new number, empty for none; raises Invalid."""
    former, number = number_in(before.phone_numbers), number_in(after.phone_numbers)
    if number == former:
        return None
    return number if not number or valid_number(number) != former else None


def number_in(phones: Iterable[PhoneNumber] | None) -> str:
    """Return the primary number, or the mobile one, or the first; empty if there is none."""
    there = [one for one in phones or () if one.value and (one.type or "") not in MACHINES]
    primary = [one for one in there if one.primary]
    mobile = [one for one in there if one.type == MOBILE]
    found = next((one.value for one in (*primary, *mobile, *there)), None) or ""
    return found.removeprefix("tel:")  # RFC 3966


def new_key(before: User, after: User) -> str | None:
    """Return the service's new key; raise MutabilityException if it would be removed."""
    if before.external_id is not None and not after.external_id:
        raise MutabilityException(
            attribute="externalId", detail=_("externalId can be changed, but not removed.")
        )
    return after.external_id if after.external_id != before.external_id else None


def new_language(before: User, after: User) -> str | None:
    """Return the new language if Listgate has it: de for de-CH and de_CH."""
    tag = (after.preferred_language or "").replace("_", "-").partition("-")[0].lower()
    return tag if tag in set(Language) and tag != before.preferred_language else None
