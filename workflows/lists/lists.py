"""Create, edit and find mailing lists; create, change and assign approver lists."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    ApproverList,
    FromField,
    Invalid,
    Language,
    ListDelivery,
    ListKind,
    MailingList,
    Right,
    SelfService,
    SubscriptionRequest,
    Unknown,
    User,
    WhoMayAsk,
    record,
)
from models.addresses import address_key, checked_address
from models.lists import MAX_OPEN_REQUESTS, fits_list_address
from models.names import approver_list_name, list_description, list_name
from settings.types import fits_short_name
from workflows.access import require, require_everywhere
from workflows.lists.ended_requests import end_requests, open_requests
from workflows.moderation.late_approvers import ask_late_approvers
from workflows.sync.journal import note_list_address
from workflows.unique import unique


@dataclass(frozen=True)
class NewList:
    """The values of a list to create."""

    short_name: str
    address: str
    name: str
    description: str = ""
    kind: ListKind = ListKind.ANNOUNCEMENT
    delivery: ListDelivery = ListDelivery.MEMBERS
    four_eyes: bool = True
    self_service: SelfService = SelfService.OPEN
    second_person: bool = False
    who_may_ask: WhoMayAsk | None = None  # as usual for the kind
    max_open_requests: int = MAX_OPEN_REQUESTS
    language: Language = Language.ENGLISH


# The largest limit of open requests.
MAX_LIMIT = 1000

# What a person with Right 402 on one list alone may change there.  The other fields decide how the
# list is reached, delivered and checked, and need the right everywhere.
OWNERS_FIELDS: Final = frozenset(
    {"name", "description", "self_service", "language", "personal", "unsubscribe_line"}
)


@dataclass(frozen=True)
class ListChanges:
    """Changes of a list; None leaves a value unchanged."""

    name: str | None = None
    address: str | None = None
    description: str | None = None
    kind: ListKind | None = None
    delivery: ListDelivery | None = None
    four_eyes: bool | None = None
    second_person: bool | None = None
    who_may_ask: WhoMayAsk | None = None
    max_open_requests: int | None = None
    self_service: SelfService | None = None
    language: Language | None = None
    personal: bool | None = None
    unsubscribe_line: bool | None = None
    from_field: FromField | None = None


def create_list(session: Session, new: NewList, *, actor: Actor) -> MailingList:
    """Create an empty list.

    Raises Invalid for names or addresses that are invalid or taken.
    """
    require(actor, Right.EDIT_LISTS)
    with unique(session, partial(free_names, session, new)) as (short_name, address):
        mailing_list = MailingList(
            short_name=short_name,
            address=address,
            name=list_name(new.name),
            description=list_description(new.description),
            kind=new.kind,
            delivery=new.delivery,
            four_eyes=new.four_eyes,
            self_service=new.self_service,
            second_person=new.second_person,
            who_may_ask=new.who_may_ask or WhoMayAsk.usual(new.kind),
            max_open_requests=checked_limit(new.max_open_requests),
            language=new.language,
            # People who talk to each other know where they are.
            unsubscribe_line=new.kind is ListKind.ANNOUNCEMENT,
        )
        session.add(mailing_list)
    record(session, Act.CREATED_LIST, actor=actor, list_id=mailing_list.id, name=new.short_name)
    return mailing_list


def edit_list(
    session: Session, mailing_list: MailingList, changes: ListChanges, *, actor: Actor
) -> None:
    """Change the given values; the short name cannot change, because the list server uses it.

    Raises Invalid for a name or an address that is invalid or taken; Trespass for a change of
    another field than OWNERS_FIELDS with Right 402 on this list alone.
    """
    require(actor, Right.EDIT_LISTS, list_id=mailing_list.id)
    wanted: dict[str, Any] = asdict(changes)
    if changes.name is not None:
        wanted["name"] = list_name(changes.name)
    if changes.description is not None:
        wanted["description"] = list_description(changes.description)
    if changes.max_open_requests is not None:
        checked_limit(changes.max_open_requests)
    lock_settings(session, mailing_list)
    with unique(session, partial(free_new_address, session, mailing_list, changes)) as address:
        wanted["address"] = address
        changed = {
            column: value
            for column, value in wanted.items()
            if value is not None and value != getattr(mailing_list, column)
        }
        if not changed.keys() <= OWNERS_FIELDS:
            require_everywhere(actor, Right.EDIT_LISTS, list_id=mailing_list.id)
        for column, value in changed.items():
            setattr(mailing_list, column, value)
    if changed:
        record(session, Act.EDITED_LIST, actor=actor, list_id=mailing_list.id, **changed)
    if "address" in changed:
        note_list_address(session, mailing_list, actor=actor)
    if changed.get("self_service", SelfService.ON_REQUEST) is not SelfService.ON_REQUEST:
        requests = open_requests(SubscriptionRequest.list_id == mailing_list.id)
        end_requests(session, requests, actor=actor)


def checked_limit(requests: int) -> int:
    """Return the limit of open requests; raises Invalid unless it is possible."""
    if not 0 <= requests <= MAX_LIMIT:
        raise Invalid(
            "The limit of open requests is 1 to %(most)d, or 0 for no limit.", most=MAX_LIMIT
        )
    return requests


def lock_settings(session: Session, mailing_list: MailingList) -> None:
    """Lock the list's row against other changes of its settings, and read it again.

    The lock is weaker than that of `lock_list`: members may join and leave meanwhile.
    """
    session.flush()  # a refresh would discard unwritten changes
    session.refresh(mailing_list, with_for_update={"key_share": True})


def create_approver_list(
    session: Session, name: str, members: Iterable[User], *, actor: Actor
) -> ApproverList:
    """Create an approver list with these members; raises Invalid if the name is taken."""
    require(actor, Right.CREATE_APPROVER_LISTS)
    with unique(session, partial(free_approver_list_name, session, name)) as free:
        approver_list = ApproverList(name=free, members=list(dict.fromkeys(members)))
        session.add(approver_list)
    record(session, Act.CREATED_APPROVER_LIST, actor=actor, **approver_list_detail(approver_list))
    return approver_list


def set_approvers(
    session: Session, approver_list: ApproverList, members: Iterable[User], *, actor: Actor
) -> None:
    """Set the approvers; new ones are notified of open requests, and may answer them."""
    require(actor, Right.EDIT_APPROVER_LISTS)
    lock_members(session, approver_list)
    approver_list.members = list(dict.fromkeys(members))
    record(session, Act.EDITED_APPROVER_LIST, actor=actor, **approver_list_detail(approver_list))
    ask_late_approvers(session, approver_list)


def lock_members(session: Session, approver_list: ApproverList) -> list[User]:
    """Lock the approver list and return its current members; raises Unknown if it is deleted."""
    lock_approver_list(session, approver_list)
    session.refresh(approver_list, ["members"])
    return list(approver_list.members)


def lock_approver_list(
    session: Session, approver_list: ApproverList, *, shared: bool = False
) -> None:
    """Lock the approver list; `shared` only against deletion.  Raises Unknown if it is deleted."""
    session.flush()  # a refresh would discard unwritten changes
    weak, name = {"read": True, "key_share": True}, approver_list.name
    try:
        session.refresh(approver_list, with_for_update=weak if shared else True)
    except InvalidRequestError:
        raise unknown_approver_list(name) from None


def unknown_approver_list(name: str) -> Unknown:
    """Return the refusal of an approver list that does not exist."""
    return Unknown("There is no approver list %(name)r.", name=name)


def assign_approvers(
    session: Session,
    mailing_list: MailingList,
    approver_list: ApproverList | None,
    *,
    escalation: bool = False,
    actor: Actor,
) -> None:
    """Set or unset the mailing list's approver list or, with `escalation`, its escalation list.

    Raises Unknown if the approver list was deleted meanwhile.
    """
    require(actor, Right.EDIT_LISTS, list_id=mailing_list.id)
    require(actor, Right.USE_APPROVER_LISTS, list_id=mailing_list.id)
    lock_settings(session, mailing_list)
    if approver_list is not None:
        lock_approver_list(session, approver_list, shared=True)
    field = "escalation_list" if escalation else "approver_list"
    if getattr(mailing_list, field) is approver_list:
        return
    setattr(mailing_list, field, approver_list)
    record(
        session,
        Act.ASSIGNED_APPROVERS,
        actor=actor,
        list_id=mailing_list.id,
        escalation=escalation,
        **approver_list_detail(approver_list),
    )
    if approver_list is not None:
        ask_late_approvers(session, approver_list)


def list_by_id(session: Session, list_id: int) -> MailingList:
    """Return the mailing list with this number; raises Unknown."""
    mailing_list = session.get(MailingList, list_id)
    if mailing_list is None:
        raise Unknown("There is no mailing list %(number)d.", number=list_id)
    return mailing_list


def list_named(session: Session, short_name: str) -> MailingList:
    """Return the mailing list with this short name; raises Unknown."""
    named = select(MailingList).where(MailingList.short_name == short_name)
    # PostgreSQL stores no NUL, and refuses to compare with one.
    mailing_list = None if "\0" in short_name else session.scalar(named)
    if mailing_list is None:
        raise Unknown("There is no mailing list %(name)r.", name=short_name)
    return mailing_list


def lists_named(session: Session, short_names: Iterable[str]) -> list[MailingList]:
    """Return the mailing lists with these short names, each once; raises Unknown."""
    names = list(dict.fromkeys(short_names))
    # PostgreSQL refuses to compare with a NUL; `list_named` then says that there is no such list.
    chosen = MailingList.short_name.in_([name for name in names if "\0" not in name])
    found = {one.short_name: one for one in session.scalars(select(MailingList).where(chosen))}
    return [found.get(name) or list_named(session, name) for name in names]


def find_list(session: Session, address: str) -> MailingList | None:
    """Return the mailing list with this address, or None; raises Invalid for an invalid address."""
    key = address_key(checked_address(address))
    return session.scalar(select(MailingList).where(MailingList.address_key == key))


def approver_list_named(session: Session, name: str) -> ApproverList:
    """Return the approver list of this name; raises Unknown."""
    approver_list = session.scalar(select(ApproverList).where(ApproverList.name == name))
    if approver_list is None:
        raise unknown_approver_list(name)
    return approver_list


def approver_list_detail(approver_list: ApproverList | None) -> dict[str, Any]:
    """Return the approver list as `detail` of an audit entry."""
    return {
        "approver_list": approver_list.name if approver_list else None,
        "members": [user.id for user in approver_list.members] if approver_list else [],
    }


def free_approver_list_name(session: Session, name: str) -> str:
    """Return the name; raises Invalid if it is invalid or taken."""
    name = approver_list_name(name)
    if session.scalar(select(ApproverList.id).where(ApproverList.name == name)) is not None:
        raise Invalid("There is already an approver list %(name)r.", name=name)
    return name


def free_names(session: Session, new: NewList) -> tuple[str, str]:
    """Return the short name and the address of a new list; raises Invalid as those below."""
    return free_short_name(session, new.short_name), free_list_address(session, new.address)


def free_short_name(session: Session, short_name: str) -> str:
    """Return the short name; raises Invalid if it is not allowed or is taken."""
    if not fits_short_name(short_name):
        raise Invalid(
            "A short name has 1 to 64 of the characters a-z 0-9 . _ -, begins and ends with a "
            "letter or digit, and has no two dots in a row."
        )
    if session.scalar(select(MailingList).where(MailingList.short_name == short_name)):
        raise Invalid("There is already a mailing list %(name)r.", name=short_name)
    return short_name


def free_new_address(
    session: Session, mailing_list: MailingList, changes: ListChanges
) -> str | None:
    """Return the list's new address, or None if it keeps its own; raises Invalid as that below."""
    if changes.address is None:
        return None
    return free_list_address(session, changes.address, own=mailing_list)


def free_list_address(session: Session, address: str, own: MailingList | None = None) -> str:
    """Return the normalized address; raises Invalid if it is not allowed or another list's."""
    checked = checked_address(address)
    if not fits_list_address(checked):
        raise Invalid(
            "Before the @, a list's address has only letters a-z, digits and . _ + -, and begins "
            "with a letter, a digit or _."
        )
    other = find_list(session, checked)
    if other is not None and other is not own:
        raise Invalid("The mailing list %(list)s already has this address.", list=other)
    return checked
