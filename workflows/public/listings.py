"""Page through lists, people and messages, from another service.

They are no tasks: the result of a task is shown by Flower, and these hold addresses and subjects.
The newest rows come first, and a cursor names the last row of its page, so that a row that is added
meanwhile moves no other to another page.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import ColumnElement, Row, Select, and_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from models import (
    ExternalId,
    Invalid,
    Language,
    ListKind,
    MailingList,
    Message,
    MessageState,
    Scope,
    SelfService,
    User,
)
from models.ids import row_id
from workflows.public.call import LIST, AList, Answer, Query, Text
from workflows.public.caller import Caller
from workflows.public.declare import http_only
from workflows.queries.outbox_page import HIDDEN

MAX_ROWS = 200  # per page
ROWS = 50


class Page(Query):
    """Which page of a listing."""

    limit: Annotated[int, Field(gt=0, le=MAX_ROWS)] = Field(
        ROWS, description="The most rows of the page"
    )
    cursor: Annotated[Text, Field(max_length=100)] | None = Field(
        None, description="`next` of the page before; without it, the first page"
    )


class ListLists(Page):
    """List the mailing lists."""


class ListPeople(Page):
    """List people, except those who were removed."""


class ListMessages(Page):
    """List messages, except deleted ones."""

    list: AList | None = Field(None, description=LIST.description)
    state: MessageState | None = Field(None, description="Only messages in this state")


class ListedList(Answer):
    """A mailing list."""

    list: str
    name: str
    kind: ListKind
    self_service: SelfService
    archived: bool
    external_id: str | None = None


class ListedPerson(Answer):
    """A person; `external_id` is the service's own key."""

    user_id: int
    name: str
    address: str | None = None
    language: Language
    disabled: bool
    external_id: str | None = None


class ListedMessage(Answer):
    """A message."""

    message_id: int
    list: str
    author_id: int
    subject: str
    state: MessageState
    written_at: datetime
    send_at: datetime | None = None


class Lists(Answer):
    """A page of lists; `next` is the cursor of the next one."""

    items: list[ListedList]
    next: str | None = None


class People(Answer):
    """A page of people; `next` is the cursor of the next one."""

    items: list[ListedPerson]
    next: str | None = None


class Messages(Answer):
    """A page of messages; `next` is the cursor of the next one."""

    items: list[ListedMessage]
    next: str | None = None


@http_only("listgate.list_lists", Scope.READ)
def list_lists(session: Session, caller: Caller, call: ListLists) -> Lists:
    """List the mailing lists."""
    own = of_service(caller, ExternalId.list_id, MailingList.id)
    query = select(MailingList, ExternalId.key).outerjoin(ExternalId, own)
    rows, following = page(session, query, MailingList.id, call)
    return Lists(items=[listed_list(*row) for row in rows], next=following)


@http_only("listgate.list_people", Scope.READ)
def list_people(session: Session, caller: Caller, call: ListPeople) -> People:
    """List people."""
    own = of_service(caller, ExternalId.user_id, User.id)
    query = select(User, ExternalId.key).where(User.removed_at.is_(None))
    query = query.join(ExternalId, own, isouter=not caller.is_for_own)
    rows, following = page(session, query, User.id, call)
    return People(items=[listed_person(*row) for row in rows], next=following)


@http_only("listgate.list_messages", Scope.READ)
def list_messages(session: Session, caller: Caller, call: ListMessages) -> Messages:
    """List messages."""
    query = (
        select(Message, MailingList.short_name)
        .join(Message.mailing_list)
        .where(Message.state.not_in(HIDDEN))
    )
    if caller.is_for_own:
        own = of_service(caller, ExternalId.user_id, Message.author_id)
        query = query.join(ExternalId, own)
    if call.list is not None:
        query = query.where(Message.list_id == caller.mailing_list(session, call.list).id)
    if call.state is not None:
        query = query.where(Message.state == call.state)
    rows, following = page(session, query, Message.id, call)
    return Messages(items=[listed_message(*row) for row in rows], next=following)


def page(
    session: Session, query: Select[Any, Any], row: InstrumentedAttribute[int], call: Page
) -> tuple[Sequence[Row[Any, Any]], str | None]:
    """Return the rows of a page, and the cursor of the next one; raise Invalid for a wrong one."""
    if call.cursor is not None:
        query = query.where(row < row_of_cursor(call.cursor))
    found = session.execute(query.order_by(row.desc()).limit(call.limit + 1)).all()
    rows = found[: call.limit]
    return rows, cursor_of(rows[-1][0].id) if len(found) > call.limit else None


def cursor_of(row: int) -> str:
    """Return the cursor of what comes after this row."""
    return urlsafe_b64encode(f"row:{row}".encode()).decode().rstrip("=")


def row_of_cursor(cursor: str) -> int:
    """Return the row after which a page begins; raise Invalid."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        kind, _, number = urlsafe_b64decode(padded).decode().partition(":")
    except ValueError:
        kind, number = "", ""
    row = row_id(number)
    if kind != "row" or row is None or cursor_of(row) != cursor:
        raise Invalid("This cursor is not one that a page has given: begin without one.")
    return row


def of_service(
    caller: Caller, column: InstrumentedAttribute[Any], row: InstrumentedAttribute[int]
) -> ColumnElement[bool]:
    """Return the condition that an external id is the service's own key for this row."""
    return and_(ExternalId.service_id == caller.service_id, column == row)


def listed_list(one: MailingList, key: str | None) -> ListedList:
    """Return a list as the page shows it."""
    return ListedList(
        list=one.short_name,
        name=one.name,
        kind=one.kind,
        self_service=one.self_service,
        archived=one.archived_at is not None,
        external_id=key,
    )


def listed_person(one: User, key: str | None) -> ListedPerson:
    """Return a person as the page shows them."""
    return ListedPerson(
        user_id=one.id,
        name=one.name,
        address=one.address,
        language=one.language,
        disabled=one.disabled_at is not None,
        external_id=key,
    )


def listed_message(one: Message, list_name: str) -> ListedMessage:
    """Return a message as the page shows it."""
    return ListedMessage(
        message_id=one.id,
        list=list_name,
        author_id=one.author_id,
        subject=one.subject,
        state=one.state,
        written_at=one.written_at,
        send_at=one.send_at,
    )
