"""Every task there is: transaction, take, one verb.

The tasks of this page are internal.  Those for other services are declared beside their arguments
and answers, in the modules of workflows/public that it imports.
"""

from collections.abc import Callable
from functools import partial
from tempfile import TemporaryFile

from sqlalchemy.orm import Session

from models import (
    EventDelivery,
    EventDeliveryState,
    InboundMail,
    InboundMailState,
    Notification,
    NotificationState,
)
from notifications.letters.context import LetterContext
from notifications.letters.delivery import deliver
from settings import settings
from workflows import outbox, sweep
from workflows.celery import app
from workflows.events.deliver import Senders, deliver_event, forget_old_events
from workflows.events.stream import Stream
from workflows.inbound import mail
from workflows.moderation.deadlines import Deadlines, meet_deadlines
from workflows.moderation.digest import put_off
from workflows.notify import try_other_channel
from workflows.people.absences import note_absences
from workflows.people.sessions import forget_old_sessions
from workflows.public.operations import PUBLIC
from workflows.redis_client import redis_client
from workflows.sendout.domains import Domains
from workflows.sendout.doubts import report_doubts
from workflows.sendout.lane import Lane, Lanes
from workflows.sendout.left_behind import settle_left_behind
from workflows.subscriptions import requests as subscription_requests
from workflows.subscriptions.suspend import forget_old_bounces
from workflows.sync.command import Commands, Outcome
from workflows.sync.push import Claim, Rules, claim_push, end_leases, finish_push, run_command
from workflows.sync.request import (
    Debounce,
    request_debounced_push,
    request_due_pushes,
    request_nightly_pushes,
)
from workflows.transaction import connect, transaction

# The public tasks, and what docs/tasks.md is drawn from.
__all__ = ["PUBLIC"]

try:
    letter_context = LetterContext.from_settings(settings)
except ValueError as wrong:
    raise SystemExit(str(wrong)) from None
deadlines = Deadlines(settings.remind_after, settings.escalate_after, settings.expire_after)
limit = settings.request_letters_per_hour
debounce = Debounce(settings.sync_quiet, settings.sync_max_wait)
rules = Rules(
    settings.maillists_enabled,
    settings.sync_timeout,
    settings.sync_max_shrink,
    settings.sync_alert_after,
)
commands = Commands(
    settings.maillist_sync_command,
    settings.maillist_sync_commands,
    settings.command_environment,
)


lanes = Lanes(
    letter_context.mailer.relay,
    letter_context.mailer.copies,
    letter_context.time_zone,
    settings.sendout_lanes,
    transaction,
    Domains(settings.sendout_domain_rates),
    settings.sendout_notes_dir,
)


senders = Senders(letter_context.keys, Stream(redis_client), settings.webhook_allow_private)


@app.task(name="letters.deliver_notification")
def deliver_notification(notification_id: int) -> None:
    """Send a letter that waits."""
    with transaction() as session:
        notification = Notification.take(session, notification_id, NotificationState.PENDING)
        waits = notification is None or put_off(session, notification, limit)
        if notification and not waits and not deliver(session, notification, letter_context):
            try_other_channel(session, notification)


@app.task(name="moderation.handle_mail")
def handle_mail(mail_id: int) -> None:
    """Find out what a mail that came in says, and do it."""
    with transaction() as session:
        if received := InboundMail.take(session, mail_id, InboundMailState.RECEIVED):
            ours, keys = letter_context.own_addresses, letter_context.keys
            days = settings.suspend_after_bounces
            mail.handle(session, received, own_addresses=ours, keys=keys, bounce_days=days)


@app.task(name="sendout.send_dispatch")
def send_dispatch(dispatch_id: int) -> None:
    """Send batches of a sendout whose time has come, for some seconds."""
    Lane(dispatch_id, lanes).run()


@app.task(name="sync.open_sync")
def open_sync(list_id: int) -> None:
    """Request a push of a changed list once it has been unchanged for a while (debounce)."""
    with transaction() as session:
        request_debounced_push(session, list_id, debounce)


@app.task(name="sync.push")
def push(sync_id: int) -> None:
    """Push a list's addresses to the list server."""
    with TemporaryFile(buffering=0) as addresses:
        with transaction() as session:
            claimed = claim_push(session, sync_id, addresses, rules)
        if claimed:
            record_outcome(claimed, run_command(claimed, commands, rules))


def record_outcome(claimed: Claim, outcome: Outcome) -> None:
    """Record the outcome of a push, in a transaction of its own."""
    with transaction() as session:
        finish_push(session, claimed, outcome, rules)


@app.task(name="events.deliver_webhook")
def deliver_webhook(delivery_id: int) -> None:
    """Deliver an event to a service."""
    with transaction() as session:
        if delivery := EventDelivery.take(session, delivery_id, EventDeliveryState.PENDING):
            deliver_event(session, delivery, senders)


@app.task(name="sweep.sweep")
def sweep_all() -> None:
    """Find what the broker lost, what fell due, and what a dead worker left behind."""
    if not outbox.another_waits("sweep"):
        with connect() as connection:
            for look in LOOKS:
                with transaction(connection=connection) as session:
                    look(session)


def forget_old_rows(session: Session) -> None:
    """Delete what is kept for a limited time."""
    sweep.forget_old_calls(session)
    forget_old_sessions(session)
    forget_old_bounces(session)
    forget_old_events(session)


def request_pushes(session: Session) -> None:
    """Request the pushes that no change or no publication has requested."""
    request_due_pushes(session, debounce)
    request_nightly_pushes(session, settings.zone_info)


LOOKS: list[Callable[[Session], None]] = [
    sweep.publish_again,
    partial(settle_left_behind, notes=settings.sendout_notes_dir),
    report_doubts,
    forget_old_rows,
    note_absences,
    partial(meet_deadlines, deadlines=deadlines),
    subscription_requests.expire,
]
if settings.maillists_enabled:
    LOOKS += [partial(end_leases, rules=rules), request_pushes]
