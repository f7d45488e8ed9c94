"""`listgate webhook`: where services get events, and what could not be delivered."""

from typing import Annotated

import typer

from models import Actor, EventDelivery, EventDeliveryState, EventEndpoint, EventKind
from notifications.letters.keys import Keys
from portal.cli.options import acting, counted, local, number, row_number, show
from settings import settings
from workflows.events import endpoints as verbs
from workflows.events.deliver import secret_of
from workflows.events.stream import stream_name
from workflows.services.services import service_named
from workflows.transaction import transaction

app = typer.Typer()
webhooks = typer.Typer(
    help="Events for services: add, list, test, disable, enable, rotate, remove, failed, replay.",
    no_args_is_help=True,
)
app.add_typer(webhooks, name="webhook")

Number = Annotated[
    int, typer.Argument(parser=row_number, metavar="WEBHOOK", help="A webhook's number.")
]

# A person subscribes to no test.
KINDS = [kind for kind in EventKind if kind is not EventKind.WEBHOOK_TEST]


@webhooks.command("add")
def add(
    service: Annotated[str, typer.Argument(metavar="SERVICE", help="A service's name.")],
    url: Annotated[
        str | None, typer.Argument(metavar="[URL]", help="Where events are posted to.")
    ] = None,
    stream: Annotated[
        bool, typer.Option("--stream", help="Write them into the service's Redis stream instead.")
    ] = False,
    kinds: Annotated[
        list[EventKind] | None,
        typer.Option("--event", help="A kind of event; give it once for each; by default all."),
    ] = None,
) -> None:
    """Let a service get events, and print the secret that signs them, or the name of the stream."""
    if (url is None) is not stream:
        raise typer.BadParameter("give either a URL or --stream")
    with acting() as (session, done):
        endpoint = verbs.add_endpoint(
            session,
            service_named(session, service),
            url,
            kinds=kinds or KINDS,
            allow_private=settings.webhook_allow_private,
            actor=Actor.operator(),
        )
        secret = secret_of(endpoint, Keys.from_settings(settings))
        done(f"The webhook {endpoint.id} of {service} is added.")
        done(stream_name(service) if stream else secret)


@webhooks.command("list")
def list_() -> None:
    """Show every webhook: its events, and how many wait or have failed."""
    with transaction() as session:
        count = verbs.counts(session)
        show(
            "webhook",
            "service",
            "where",
            "events",
            "sent",
            "waiting",
            "failed",
            "state",
            rows=[
                (
                    str(each.id),
                    each.service.name,
                    each.url or stream_name(each.service.name),
                    ", ".join(each.kinds),
                    *(str(count.get((each.id, state), 0)) for state in SHOWN),
                    state_of(each),
                )
                for each in verbs.all_endpoints(session)
            ],
            empty="No webhooks yet: listgate webhook add SERVICE URL",
        )


SHOWN = (EventDeliveryState.SENT, EventDeliveryState.PENDING, EventDeliveryState.FAILED)


@webhooks.command("test")
def test(webhook: Number) -> None:
    """Send an event of the kind webhook.test to a webhook; `webhook list` counts it."""
    with acting() as (session, done):
        endpoint = verbs.endpoint_by_id(session, webhook)
        delivery = verbs.test_endpoint(session, endpoint, actor=Actor.operator())
        done(f"Delivery {delivery.id} to webhook {webhook} waits for the worker.")


@webhooks.command("disable")
def disable(webhook: Number) -> None:
    """Write no more events for a webhook; those that wait can be replayed."""
    with acting() as (session, done):
        endpoint = verbs.endpoint_by_id(session, webhook)
        verbs.disable_endpoint(session, endpoint, actor=Actor.operator())
        done(f"The webhook {webhook} is disabled.")


@webhooks.command("enable")
def enable(webhook: Number) -> None:
    """Write events for a disabled webhook again."""
    with acting() as (session, done):
        endpoint = verbs.endpoint_by_id(session, webhook)
        verbs.enable_endpoint(session, endpoint, actor=Actor.operator())
        done(f"The webhook {webhook} is enabled.")


@webhooks.command("rotate")
def rotate(
    webhook: Number,
    at_once: Annotated[
        bool, typer.Option("--at-once", help="The former secret is known to others.")
    ] = False,
) -> None:
    """Print a new secret for a webhook; for a day the former one signs too."""
    with acting() as (session, done):
        endpoint = verbs.endpoint_by_id(session, webhook)
        if endpoint.url is None:
            raise typer.BadParameter("a stream is not signed")
        verbs.rotate_secret(session, endpoint, at_once=at_once, actor=Actor.operator())
        done(f"The secret of webhook {webhook} is replaced.")
        done(secret_of(endpoint, Keys.from_settings(settings)))


@webhooks.command("remove")
def remove(webhook: Number) -> None:
    """Delete a webhook with everything that waits for it or has failed."""
    with acting() as (session, done):
        endpoint = verbs.endpoint_by_id(session, webhook)
        verbs.remove_endpoint(session, endpoint, actor=Actor.operator())
        done(f"The webhook {webhook} is removed.")


@webhooks.command("failed")
def failed(
    webhook: Number,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="The most rows.")] = 50,
) -> None:
    """Show the events that a webhook did not take within a day (dead letters), newest first."""
    with transaction() as session:
        endpoint = verbs.endpoint_by_id(session, webhook)
        show(
            "delivery",
            "event",
            "of",
            "about",
            "attempts",
            "why",
            "status",
            rows=[row(each) for each in verbs.dead_letters(session, endpoint, limit=limit)],
            empty=f"Webhook {webhook} has no dead letters.",
        )


@webhooks.command("replay")
def replay(webhook: Number) -> None:
    """Deliver a webhook's dead letters again, with the next sweep."""
    with acting() as (session, done):
        endpoint = verbs.endpoint_by_id(session, webhook)
        count = verbs.replay(session, endpoint, actor=Actor.operator())
        done(f"{counted(count, 'event')} will be delivered again.")


def row(delivery: EventDelivery) -> tuple[str, ...]:
    """Return a dead letter as a row."""
    event, why = delivery.event, delivery.failure
    about = (event.kind.value, local(event.at), delivery.about, str(delivery.attempts))
    return (str(delivery.id), *about, why.value if why else "-", number(delivery.http_status))


def state_of(endpoint: EventEndpoint) -> str:
    """Return whether the webhook gets events, and if not, why."""
    if endpoint.service.disabled_at:
        return "service disabled"
    if endpoint.disabled_at:
        return f"disabled since {local(endpoint.disabled_at)}"
    if endpoint.retry_at:
        return f"unreachable, again at {local(endpoint.retry_at)}"
    return "enabled"
