"""`listgate service`: other programs that act here, and their keys."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

import typer

from models import Actor, ActsFor, Scope, Service, ServiceKey
from notifications.letters.keys import Keys
from portal.cli.options import acting, local, row_number, show
from settings import settings
from workflows.services import services as verbs
from workflows.transaction import transaction

app = typer.Typer()
services = typer.Typer(
    help="Services that act here: add, set, list, key, revoke, disable, enable.",
    no_args_is_help=True,
)
app.add_typer(services, name="service")

Name = Annotated[str, typer.Argument(metavar="SERVICE", help="A service's name.")]
Scopes = Annotated[
    list[Scope], typer.Option("--scope", help="What it may do; give it once for each scope.")
]
For = Annotated[
    ActsFor,
    typer.Option(
        "--acts-for",
        help="Whom it may name: everyone, or only people it has brought. With the scope people and "
        "everyone it can change anyone's address: it is trusted like the administration.",
    ),
]


@services.command("add")
def add(name: Name, scopes: Scopes, acts_for: For = ActsFor.EVERYONE) -> None:
    """Add a service, and print its first key, which is not shown again."""
    with acting() as (session, done):
        service = verbs.add_service(
            session, name, scopes, acts_for=acts_for, actor=Actor.operator()
        )
        key = verbs.add_key(session, service, actor=Actor.operator())
        done(Keys.from_settings(settings).service_token(key.id, key.salt))


@services.command("set")
def set_(
    name: Name,
    scopes: Annotated[
        list[Scope] | None, typer.Option("--scope", help="All that it may do from now on.")
    ] = None,
    acts_for: Annotated[
        ActsFor | None, typer.Option("--acts-for", help="Whom it may name from now on.")
    ] = None,
) -> None:
    """Change what a service may do; what is not given stays as it is."""
    with acting() as (session, done):
        service = verbs.service_named(session, name)
        verbs.set_service(
            session,
            service,
            scopes=scopes or [Scope(each) for each in service.scopes],
            acts_for=acts_for or service.acts_for,
            actor=Actor.operator(),
        )
        done(summary(service))


@services.command("list")
def list_() -> None:
    """Show every service with its keys."""
    with transaction() as session:
        show(
            "service",
            "scopes",
            "acts for",
            "key",
            "last used",
            "state",
            rows=[row for service in verbs.all_services(session) for row in rows(service)],
            empty="No services yet: listgate service add SERVICE --scope SCOPE",
        )


@services.command("key")
def key(
    name: Name,
    scopes: Annotated[
        list[Scope] | None,
        typer.Option("--scope", help="Fewer than the service's; by default all of them."),
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="Until it expires; by default never.")
    ] = None,
) -> None:
    """Make another key of a service, and print it; it is not shown again."""
    with acting() as (session, done):
        service = verbs.service_named(session, name)
        made = verbs.add_key(
            session,
            service,
            scopes=scopes or None,
            lasts=timedelta(days=days) if days else None,
            actor=Actor.operator(),
        )
        done(Keys.from_settings(settings).service_token(made.id, made.salt))


@services.command("revoke")
def revoke(
    name: Name,
    key_id: Annotated[
        int, typer.Argument(parser=row_number, metavar="KEY", help="The number of a key.")
    ],
) -> None:
    """Revoke a key of a service."""
    with acting() as (session, done):
        service = verbs.service_named(session, name)
        verbs.revoke_key(session, service, key_id, actor=Actor.operator())
        done(f"The key {key_id} of {service.name} is revoked.")


@services.command("disable")
def disable(name: Name) -> None:
    """Refuse every call of a service; nothing is deleted."""
    with acting() as (session, done):
        verbs.disable_service(session, verbs.service_named(session, name), actor=Actor.operator())
        done(f"The service {name} is disabled.")


@services.command("enable")
def enable(name: Name) -> None:
    """Accept the calls of a disabled service again."""
    with acting() as (session, done):
        verbs.enable_service(session, verbs.service_named(session, name), actor=Actor.operator())
        done(f"The service {name} is enabled.")


def rows(service: Service) -> Iterator[tuple[str, ...]]:
    """Return a row for each key of the service, or one without a key."""
    about = (service.name, ", ".join(service.scopes), service.acts_for.value)
    if not service.keys:
        yield (*about, "-", "-", "disabled" if service.disabled_at else "no key")
    for key in service.keys:
        used = local(key.last_used_at) if key.last_used_at else "never"
        scopes = ", ".join(key.scopes) if key.scopes else about[1]
        yield (service.name, scopes, about[2], str(key.id), used, state(key))


def state(key: ServiceKey) -> str:
    """Return whether the key is accepted, or why not."""
    if key.is_valid:
        return f"until {local(key.expires_at)}" if key.expires_at else "valid"
    if key.revoked_at:
        return "revoked"
    return "disabled" if key.service.disabled_at else "expired"


def summary(service: Service) -> str:
    """Return what the service may do, as a sentence."""
    return f"{service.name} may: {', '.join(service.scopes)}; for {service.acts_for.value}."
