"""Create, change, archive and push lists, and read their status, from another service."""

from dataclasses import fields
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy.orm import Session

from models import (
    FromField,
    Language,
    ListDelivery,
    ListKind,
    MailingList,
    Scope,
    SelfService,
    SyncState,
    WhoMayAsk,
)
from models.names import MAX_DESCRIPTION
from settings import settings
from workflows.lists import archive as archiving
from workflows.lists import lists as verbs
from workflows.public.call import (
    ACTS,
    LIST,
    PARCEL,
    Address,
    AList,
    Answer,
    Call,
    ExternalKey,
    Name,
    Person,
    Query,
    Rule,
    ShortName,
    Text,
    private,
)
from workflows.public.caller import Caller
from workflows.public.declare import public
from workflows.queries.list_status import count_asking, count_members, count_open_requests
from workflows.sendout.rules import set_sendout_rules
from workflows.sync.request import push_now, require_maillists
from workflows.sync.status import push_statuses

Description = Annotated[Text, Field(max_length=MAX_DESCRIPTION)]

WITH_402: Any = Field(
    None, description="A user with Right 402; without it the service acts by itself"
)
NAME = "Its name, for people"
DESCRIPTION = "What the list is for"
ADDRESS = "Its address, to which people write"
KIND = "Who writes: one or a few to many, or members to each other"
DELIVERY = "A copy to each member, or one to the list's address"
FOUR_EYES = "Authors cannot approve their own messages"
SECOND_PERSON = "Another person approves each message, also of people with Right 601"
WHO_MAY_ASK = "Who may write"
MAX_OPEN_REQUESTS = "Of one author, waiting at once; 0: no limit"
SELF_SERVICE = "Who decides who joins"
LANGUAGE = "Of what is added to messages"


CHANGEABLE = tuple(field.name for field in fields(verbs.ListChanges))


class CreateList(Call):
    """Create an empty list; a name, an address or a key that another list has is refused."""

    short_name: ShortName = Field(description="Its name on the list server, which never changes")
    address: Address = private(description=ADDRESS)
    name: Name = private(description=NAME)
    description: Description = private("", description=DESCRIPTION)
    parcel: UUID | None = PARCEL
    external_id: ExternalKey | None = Field(None, description="The service's own key for it")
    kind: ListKind = Field(ListKind.ANNOUNCEMENT, description=KIND)
    delivery: ListDelivery = Field(ListDelivery.MEMBERS, description=DELIVERY)
    four_eyes: bool = Field(True, description=FOUR_EYES)
    second_person: bool = Field(False, description=SECOND_PERSON)
    who_may_ask: WhoMayAsk | None = Field(
        None, description=f"{WHO_MAY_ASK}; null: as usual for the kind"
    )
    max_open_requests: int | None = Field(
        None, description=f"{MAX_OPEN_REQUESTS}; null: the setting of this name"
    )
    self_service: SelfService = Field(SelfService.OPEN, description=SELF_SERVICE)
    language: Language = Field(Language.ENGLISH, description=LANGUAGE)
    by_id: Person | None = WITH_402


class UpdateList(Call):
    """Change a list; what is left out or null keeps its value."""

    list: AList = LIST
    address: Address | None = private(None, description=ADDRESS)
    name: Name | None = private(None, description=NAME)
    description: Description | None = private(None, description=DESCRIPTION)
    parcel: UUID | None = PARCEL
    external_id: ExternalKey | None = Field(
        None, description="The service's own key for it from now on, in place of an earlier one"
    )
    kind: ListKind | None = Field(None, description=KIND)
    delivery: ListDelivery | None = Field(None, description=DELIVERY)
    four_eyes: bool | None = Field(None, description=FOUR_EYES)
    second_person: bool | None = Field(None, description=SECOND_PERSON)
    who_may_ask: WhoMayAsk | None = Field(None, description=WHO_MAY_ASK)
    max_open_requests: int | None = Field(None, description=MAX_OPEN_REQUESTS)
    self_service: SelfService | None = Field(None, description=SELF_SERVICE)
    language: Language | None = Field(None, description=LANGUAGE)
    personal: bool | None = Field(
        None, description="Each copy has its recipient's own link to unsubscribe"
    )
    unsubscribe_line: bool | None = Field(
        None, description="Show at the end of text and HTML how to unsubscribe"
    )
    from_field: FromField | None = Field(None, description="Whose address recipients see")
    rate: Rule | None = Field(None, description='"500/30": at most 500 in 30 minutes; or "none"')
    window: Rule | None = Field(
        None, description='"22:00-06:00": only then, in the zone of TIME_ZONE; or "none"'
    )
    evenly: Rule | None = Field(
        None, description='"3h": spread evenly over 3 hours, or "90m"; or "none"'
    )
    by_id: Person | None = Field(
        None,
        description="A user with Right 402, on the list for what its owners may change; without "
        "it the service acts by itself",
    )


class ArchiveList(Call):
    """Archive a list: it takes no messages and no members, and is not pushed."""

    list: AList = LIST
    by_id: Person | None = WITH_402


class UnarchiveList(Call):
    """Use an archived list again; it is pushed."""

    list: AList = LIST
    by_id: Person | None = WITH_402


class AssignApprovers(Call):
    """Say who answers requests about messages to a list."""

    list: AList = LIST
    approver_list: Name | None = Field(description="The name of an approver list; null: none")
    escalation: bool = Field(
        False,
        description="As the list's escalation list, which is asked if its approvers do not answer",
    )
    by_id: Person | None = Field(
        None,
        description="A user with Rights 402 and 2309 on the list; without it the service acts by "
        "itself",
    )


class PushList(Call):
    """Push a list to the list server at once, whether or not anything has changed."""

    list: AList = LIST
    by_id: Person | None = ACTS


class ListStatus(Query):
    """Read the status of a list: its members, its pushes, and what waits for an answer."""

    list: AList = LIST


class ListChanged(Answer):
    """Whether something changed for a list."""

    list: str
    changed: bool


class Pushed(Answer):
    """A push that was requested."""

    list: str
    sync_id: int
    sync: SyncState


class Status(Answer):
    """The status of a list; `sync` is its unfinished push, or else the last one that succeeded."""

    list: str
    kind: ListKind
    archived: bool
    members: int
    approver_list: str | None = None
    escalation_list: str | None = None
    open_requests: int
    asking_to_join: int
    sync: SyncState | None = None
    held: bool
    unpushed: int
    pushed_at: datetime | None = None


@public("listgate.create_list", Scope.LISTS)
def create_list(session: Session, caller: Caller, call: CreateList) -> ListChanged:
    """Create a list."""
    actor = caller.actor(session, call.by_id)
    most = call.max_open_requests
    new = verbs.NewList(
        call.short_name,
        call.address,
        call.name,
        description=call.description,
        kind=call.kind,
        delivery=call.delivery,
        four_eyes=call.four_eyes,
        self_service=call.self_service,
        second_person=call.second_person,
        who_may_ask=call.who_may_ask,
        max_open_requests=settings.max_open_requests if most is None else most,
        language=call.language,
    )
    which = verbs.create_list(session, new, actor=actor)
    caller.name(session, which, call.external_id, actor=actor)
    return ListChanged(list=which.short_name, changed=True)


@public("listgate.update_list", Scope.LISTS)
def update_list(session: Session, caller: Caller, call: UpdateList) -> ListChanged:
    """Change a list."""
    actor = caller.actor(session, call.by_id)
    which = caller.mailing_list(session, call.list)
    changes = verbs.ListChanges(**{name: getattr(call, name) for name in CHANGEABLE})
    before = values_of(which)
    verbs.edit_list(session, which, changes, actor=actor)
    changed = values_of(which) != before
    rules = which.sendout_rules.changed(rate=call.rate, window=call.window, span=call.evenly)
    changed |= set_sendout_rules(session, which, rules, actor=actor)
    changed |= caller.name(session, which, call.external_id, actor=actor)
    return ListChanged(list=which.short_name, changed=changed)


@public("listgate.archive_list", Scope.LISTS)
def archive_list(session: Session, caller: Caller, call: ArchiveList) -> ListChanged:
    """Archive a list."""
    actor = caller.actor(session, call.by_id)
    which = caller.mailing_list(session, call.list)
    changed = archiving.archive(session, which, actor=actor)
    return ListChanged(list=which.short_name, changed=changed)


@public("listgate.unarchive_list", Scope.LISTS)
def unarchive_list(session: Session, caller: Caller, call: UnarchiveList) -> ListChanged:
    """Use a list again."""
    actor = caller.actor(session, call.by_id)
    which = caller.mailing_list(session, call.list)
    changed = archiving.unarchive(session, which, actor=actor)
    return ListChanged(list=which.short_name, changed=changed)


@public("listgate.assign_approvers", Scope.LISTS)
def assign_approvers(session: Session, caller: Caller, call: AssignApprovers) -> ListChanged:
    """Assign an approver list."""
    actor = caller.actor(session, call.by_id)
    which = caller.mailing_list(session, call.list)
    named = call.approver_list
    approvers = None if named is None else verbs.approver_list_named(session, named)
    before = (which.approver_list_id, which.escalation_list_id)
    verbs.assign_approvers(session, which, approvers, escalation=call.escalation, actor=actor)
    session.flush()
    changed = (which.approver_list_id, which.escalation_list_id) != before
    return ListChanged(list=which.short_name, changed=changed)


@public("listgate.push_list", Scope.LISTS)
def push_list(session: Session, caller: Caller, call: PushList) -> Pushed:
    """Push a list."""
    require_maillists(enabled=settings.maillists_enabled)
    actor = caller.actor(session, call.by_id)
    which = caller.mailing_list(session, call.list)
    sync = push_now(session, which, actor=actor)
    return Pushed(list=which.short_name, sync_id=sync.id, sync=sync.state)


@public("listgate.list_status", Scope.READ)
def list_status(session: Session, caller: Caller, call: ListStatus) -> Status:
    """Read the status of a list."""
    which = caller.mailing_list(session, call.list)
    (pushes,) = push_statuses(session, which)
    newest = pushes.unfinished or pushes.good
    return Status(
        list=which.short_name,
        kind=which.kind,
        archived=which.archived_at is not None,
        members=count_members(session, which),
        approver_list=which.approver_list and which.approver_list.name,
        escalation_list=which.escalation_list and which.escalation_list.name,
        open_requests=count_open_requests(session, which),
        asking_to_join=count_asking(session, which),
        sync=newest and newest.state,
        held=newest is not None and newest.state is SyncState.HELD,
        unpushed=pushes.unpushed,
        pushed_at=pushes.good and pushes.good.ended_at,
    )


def values_of(which: MailingList) -> tuple[Any, ...]:
    """Return what `listgate.update_list` may change of the list itself."""
    return tuple(getattr(which, name) for name in CHANGEABLE)
