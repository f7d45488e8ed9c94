"""Every task there is: transaction, take, one verb.

The first half is ours alone; the second is public, for other services (see workflows/contract.py).
"""

from collections.abc import Callable
from functools import partial
from tempfile import TemporaryFile
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.orm import Session

from models import (
    Dispatch,
    DispatchState,
    Door,
    InboundMail,
    InboundMailState,
    Notification,
    NotificationState,
    Refusal,
)
from notifications.delivery import deliver
from notifications.voice import Voice
from settings import settings
from workflows import (
    contract,
    dispatch,
    list_server,
    mail,
    messages,
    moderation,
    notifications,
    people,
    pushes,
    sendout,
    sweep,
    sync,
)
from workflows.celery import app
from workflows.deadlines import Patience, meet_deadlines
from workflows.transaction import transaction

try:
    voice = Voice.from_settings(settings)
except ValueError as wrong:
    raise SystemExit(str(wrong)) from None
patience = Patience(settings.remind_after, settings.escalate_after, settings.expire_after)
pace = pushes.Pace(settings.sync_quiet, settings.sync_max_wait)
rules = sync.Rules(
    settings.maillists_enabled,
    settings.sync_timeout,
    settings.sync_max_shrink,
    settings.sync_alert_after,
)


@app.task(name="letters.deliver_notification")
def deliver_notification(notification_id: int) -> None:
    """Send a letter that waits."""
    with transaction() as session:
        notification = Notification.take(session, notification_id, NotificationState.PENDING)
        if notification and not deliver(session, notification, voice):
            notifications.try_other_channel(session, notification)


@app.task(name="moderation.handle_mail")
def handle_mail(mail_id: int) -> None:
    """Find out what a mail that came in says, and do it."""
    with transaction() as session:
        if received := InboundMail.take(session, mail_id, InboundMailState.RECEIVED):
            mail.handle(session, received, own_addresses=voice.own_addresses)


@app.task(name="sendout.send_dispatch")
def send_dispatch(dispatch_id: int) -> None:
    """Send the next batch of a sendout whose time has come."""
    with transaction() as session:
        waiting = Dispatch.take(session, dispatch_id, DispatchState.WAITING, DispatchState.SENDING)
        batch = sendout.claim(session, waiting) if waiting else []
    with transaction() as session:
        sendout.send(session, dispatch_id, batch, voice.mailer)


@app.task(name="sync.open_sync")
def open_sync(list_id: int) -> None:
    """Ask for a push of a list whose members changed, once that has been quiet."""
    with transaction() as session:
        pushes.open_sync(session, list_id, pace)


@app.task(name="sync.push")
def push(sync_id: int) -> None:
    """Push a list's addresses to the list server."""
    with TemporaryFile(buffering=0) as addresses:
        with transaction() as session:
            claimed = sync.claim(session, sync_id, addresses, rules)
        if claimed:
            hand_over(claimed)


def hand_over(claimed: sync.Claim) -> None:
    """Run the list's command on its addresses, and note what became of it."""
    template = settings.maillist_sync_commands.get(
        claimed.short_name, settings.maillist_sync_command
    )
    outcome = list_server.run(
        list_server.filled(template, short_name=claimed.short_name, email=claimed.email),
        claimed.addresses,
        limit=settings.sync_timeout,
        not_after=claimed.not_after,
        environment=settings.command_environment,
    )
    with transaction() as session:
        sync.finish(session, claimed, outcome, rules)


@app.task(name="sweep.sweep")
def sweep_all() -> None:
    """Find what nobody heard, what fell due, and what a dead worker left behind."""
    for look in LOOKS:
        with transaction() as session:
            look(session)


LOOKS: list[Callable[[Session], None]] = [
    sweep.ring_again,
    sweep.report_uncertain,
    sweep.forget_old_calls,
    partial(meet_deadlines, patience=patience),
]
if settings.maillists_enabled:
    LOOKS += [
        partial(sync.end_leases, rules=rules),
        partial(pushes.open_due, pace=pace),
        partial(pushes.open_nightly, zone=ZoneInfo(settings.time_zone)),
    ]


Arguments = TypeVar("Arguments", bound=contract.Call)
PUBLIC: dict[str, type[contract.Call]] = {}


def public(
    name: str, arguments: type[Arguments]
) -> Callable[[Callable[[Session, Arguments], contract.Answer]], Callable[..., Any]]:
    """Declare a task for other services: arguments checked, each call answered once."""
    PUBLIC[name] = arguments

    def declare(verb: Callable[[Session, Arguments], contract.Answer]) -> Callable[..., Any]:
        def answer(*unnamed: Any, **given: Any) -> contract.Answer:
            call = arguments.read(unnamed, given)
            with transaction() as session:
                return contract.once(session, name, call, lambda: verb(session, call))

        answer.__doc__ = arguments.__doc__
        return app.task(
            name=name,
            ignore_result=False,
            # A refusal is an answer: its class and sentence are the result, and no traceback.
            throws=(Refusal,),
            # No row asks for this work yet, so no sweep would: while PostgreSQL is away the call
            # itself must wait.  Each delay stays below the broker's visibility timeout.
            autoretry_for=(InterfaceError, OperationalError),
            retry_backoff=True,
            retry_backoff_max=120,
            max_retries=None,
        )(answer)

    return declare


@public("listgate.request_approval", contract.RequestApproval)
def request_approval(session: Session, call: contract.RequestApproval) -> contract.Answer:
    message = messages.message_by_id(session, call.message_id)
    author = people.acting_user_by_id(session, call.author_id, Door.SERVICE)
    request = moderation.request_approval(session, message, author, via=Door.SERVICE)
    return contract.standing(message, request)


@public("listgate.decide", contract.Decide)
def decide(session: Session, call: contract.Decide) -> contract.Answer:
    request = moderation.request_by_id(session, call.request_id)
    by = people.acting_user_by_id(session, call.approver_id, Door.SERVICE)
    moderation.decide(session, request, by, call.verdict, via=Door.SERVICE, comment=call.comment)
    return contract.standing(request.message, request)


@public("listgate.withdraw", contract.Withdraw)
def withdraw(session: Session, call: contract.Withdraw) -> contract.Answer:
    request = moderation.request_by_id(session, call.request_id)
    author = people.acting_user_by_id(session, call.author_id, Door.SERVICE)
    moderation.withdraw(session, request, author, via=Door.SERVICE)
    return contract.standing(request.message, request)


@public("listgate.recall", contract.Recall)
def recall(session: Session, call: contract.Recall) -> contract.Answer:
    message = messages.message_by_id(session, call.message_id)
    by = people.acting_user_by_id(session, call.by_id, Door.SERVICE)
    dispatch.recall(session, message, by, via=Door.SERVICE)
    return contract.standing(message)
