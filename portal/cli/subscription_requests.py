"""`listgate subscription-requests`."""

from typing import Annotated

import typer
from sqlalchemy.orm import Session

from models import Actor, SubscriptionRequest, SubscriptionRequestState
from portal.cli.options import Address, ShortName, SomeShortName, acting, local, show
from workflows.access import user_with_address
from workflows.lists.lists import list_named
from workflows.queries.subscription_requests import open_requests_to, request_counts
from workflows.subscriptions.requests import answer, open_request_of
from workflows.transaction import transaction

app = typer.Typer()
requests = typer.Typer(help="Requests to join lists: list, accept, decline.", no_args_is_help=True)
app.add_typer(requests, name="subscription-requests")

Comment = Annotated[str, typer.Option(help="The person who asked reads it.")]


@requests.command("list")
def list_requests(short_name: SomeShortName = None) -> None:
    """Show who asks to join a list, or how many each list has."""
    if short_name is None:
        show_counts()
    else:
        show_people(short_name)


def show_counts() -> None:
    """Show the lists that people ask to join."""
    with transaction() as session:
        show(
            "list",
            "requests",
            rows=[(one.short_name, str(count)) for one, count in request_counts(session)],
            empty="There are no requests to join a list.",
        )


def show_people(short_name: str) -> None:
    """Show who asks to join a list."""
    with transaction() as session:
        mailing_list = list_named(session, short_name)
        asked = session.scalars(open_requests_to(mailing_list.id)).all()
        show(
            "address",
            "name",
            "asked",
            rows=[(one.user.address, one.user.name, local(one.asked_at)) for one in asked],
            empty=f"There are no requests to join {short_name}.",
        )


@requests.command("accept")
def accept(short_name: ShortName, address: Address, comment: Comment = "") -> None:
    """Accept a request and subscribe the person; the first answer decides."""
    with acting() as (session, done):
        request = request_of(session, short_name, address)
        to = SubscriptionRequestState.ACCEPTED
        answer(session, request, to, actor=Actor.operator(), comment=comment)
        done(f"{request.user.name} is now on the list {short_name}.")


@requests.command("decline")
def decline(short_name: ShortName, address: Address, comment: Comment = "") -> None:
    """Decline a request; the first answer decides."""
    with acting() as (session, done):
        request = request_of(session, short_name, address)
        to = SubscriptionRequestState.DECLINED
        answer(session, request, to, actor=Actor.operator(), comment=comment)
        done(f"The request of {request.user.name} to join {short_name} has been declined.")


def request_of(session: Session, short_name: str, address: str) -> SubscriptionRequest:
    """Return the open request of the person with this address to join the list."""
    user = user_with_address(session, address)
    return open_request_of(session, user, list_named(session, short_name))
