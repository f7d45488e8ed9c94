"""`listgate list`."""

from typing import Annotated

import typer
from sqlalchemy import select

from models import (
    Actor,
    Language,
    ListDelivery,
    ListKind,
    MailingList,
    SelfService,
    SendoutRules,
)
from notifications.wording.sendout_words import rate_words, window_words
from portal.cli.options import RateOption, ShortName, WindowOption, acting, show, with_options
from portal.cli.subscriptions import members
from settings import settings
from workflows.lists import lists
from workflows.sendout.rules import set_sendout_rules
from workflows.transaction import transaction

mailing_lists = typer.Typer(help="Mailing lists: create, set, show, all.", no_args_is_help=True)


@mailing_lists.command("create")
def create_list(
    short_name: Annotated[str, typer.Argument(help="Its name on the list server: a-z 0-9 . _ -")],
    address: Annotated[str, typer.Argument(help="Its address.")],
    name: Annotated[str, typer.Argument(help="Its name for people.")],
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
    kind: Annotated[ListKind, typer.Option(help="Who writes.")] = ListKind.ANNOUNCEMENT,
    delivery: Annotated[
        ListDelivery, typer.Option(help="To each member, or once to the list's address.")
    ] = ListDelivery.MEMBERS,
    four_eyes: Annotated[
        bool, typer.Option(help="An author never decides about the own message.")
    ] = True,
) -> None:
    """Create an empty list."""
    with acting() as (session, done):
        lists.create_list(
            session,
            lists.NewList(
                short_name,
                address,
                name,
                description=description,
                kind=kind,
                delivery=delivery,
                four_eyes=four_eyes,
            ),
            actor=Actor.operator(),
        )
        done(f"The list {short_name} is there; nobody is on it yet.")


@mailing_lists.command("set")
def set_list(
    short_name: ShortName,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
    self_service: Annotated[
        SelfService | None, typer.Option(help="Whether any member may join and leave.")
    ] = None,
    rate: RateOption = None,
    window: WindowOption = None,
) -> None:
    """Change what a list is; what is not given stays as it is."""
    with acting() as (session, done):
        one = lists.list_named(session, short_name)
        lists.edit_list(
            session,
            one,
            lists.ListChanges(description=description, self_service=self_service),
            actor=Actor.operator(),
        )
        wanted = with_options(one.sendout_rules, rate, window)
        set_sendout_rules(session, one, wanted, actor=Actor.operator())
        done(f"The list {short_name} is {one.self_service} to members who join by themselves.")
        done(f"Messages to it go out {sendout(wanted)}.")


@mailing_lists.command("all")
def all_lists() -> None:
    """Show every list."""
    with transaction() as session:
        show(
            "list",
            "address",
            "name",
            "members",
            "approvers",
            rows=[
                (
                    one.short_name,
                    one.address,
                    one.name,
                    str(members(session, one)),
                    one.approver_list.name if one.approver_list else "-",
                )
                for one in session.scalars(select(MailingList).order_by(MailingList.short_name))
            ],
            empty="No lists yet: listgate list create SHORT-NAME ADDRESS NAME",
        )


@mailing_lists.command("show")
def show_list(short_name: ShortName) -> None:
    """Show one list: what it is for, who may answer, how it is sent."""
    with transaction() as session:
        one = lists.list_named(session, short_name)
        answer = ", ".join(u.name for u in one.approver_list.members) if one.approver_list else ""
        show(
            "",
            "",
            rows=[
                ("short name", one.short_name),
                ("address", one.address),
                ("name", one.name),
                ("description", one.description or "missing"),
                ("kind", one.kind),
                ("delivery", one.delivery),
                ("sendouts", sendout(one.sendout_rules)),
                ("self service", one.self_service),
                ("four eyes", "yes" if one.four_eyes else "no"),
                ("approver list", one.approver_list.name if one.approver_list else "none"),
                ("approvers", answer or "nobody"),
                ("escalation", one.escalation_list.name if one.escalation_list else "none"),
                ("members", str(members(session, one))),
            ],
            empty="",
        )


def sendout(rules: SendoutRules) -> str:
    """How fast, and when."""
    zone, language = settings.zone_info, Language.ENGLISH
    return f"{rate_words(rules.rate, language)}, {window_words(rules.windows, zone, language)}"
