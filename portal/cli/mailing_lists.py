"""`listgate list`."""

from typing import Annotated

import typer
from sqlalchemy.orm import Session

from models import (
    Actor,
    FromField,
    Language,
    ListDelivery,
    ListKind,
    MailingList,
    SelfService,
    SendoutRules,
    WhoMayAsk,
)
from notifications.wording.sendout_words import pace_words, window_words
from portal.cli.options import (
    RateOption,
    ShortName,
    SomeShortName,
    SpanOption,
    WindowOption,
    acting,
    local,
    show,
)
from portal.wording.warning_sentences import warning_text
from settings import settings
from workflows.lists import lists
from workflows.lists.archive import archive, unarchive
from workflows.lists.checks import warnings_of
from workflows.queries.list_search import all_lists as all_mailing_lists
from workflows.queries.list_search import member_counts
from workflows.queries.user_search import owners_of
from workflows.sendout.rules import set_sendout_rules
from workflows.transaction import transaction

SECOND_PERSON = typer.Option(
    "--second-person/--no-second-person",
    help="Another person approves each message, also of people with Right 601.",
)
MAX_OPEN = typer.Option(
    "--max-open", metavar="N", help="Of one author, waiting at once; 0: no limit."
)
# Help of --self-service.
SELF_SERVICE = "open: anyone with a log-in may join; on_request: the owners decide who joins."

app = typer.Typer()
mailing_lists = typer.Typer(
    help="Mailing lists: create, set, show, all, warnings, archive, unarchive.",
    no_args_is_help=True,
)
app.add_typer(mailing_lists, name="list")


@mailing_lists.command("create")
def create_list(
    short_name: Annotated[str, typer.Argument(help="Its name on the list server: a-z 0-9 . _ -")],
    address: Annotated[str, typer.Argument(help="Its address.")],
    name: Annotated[str, typer.Argument(help="Its display name.")],
    description: Annotated[str, typer.Option(help="What the list is for.")] = "",
    kind: Annotated[ListKind, typer.Option(help="Who writes.")] = ListKind.ANNOUNCEMENT,
    delivery: Annotated[
        ListDelivery, typer.Option(help="A copy to each member, or one to the list's address.")
    ] = ListDelivery.MEMBERS,
    four_eyes: Annotated[
        bool, typer.Option(help="Authors cannot approve their own messages.")
    ] = True,
    self_service: Annotated[SelfService, typer.Option(help=SELF_SERVICE)] = SelfService.OPEN,
    second_person: Annotated[bool, SECOND_PERSON] = False,
    who_may_ask: Annotated[
        WhoMayAsk | None,
        typer.Option(help="Who may write; by default authors, and members of a discussion list."),
    ] = None,
    max_open_requests: Annotated[int, MAX_OPEN] = settings.max_open_requests,
    language: Annotated[
        Language, typer.Option(help="Of what is added to messages.")
    ] = Language.ENGLISH,
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
                self_service=self_service,
                second_person=second_person,
                who_may_ask=who_may_ask,
                max_open_requests=max_open_requests,
                language=language,
            ),
            actor=Actor.operator(),
        )
        done(f"The list {short_name} has been created; it has no members yet.")


@mailing_lists.command("set")
def set_list(
    short_name: ShortName,
    name: Annotated[str | None, typer.Option(help="Its display name.")] = None,
    address: Annotated[str | None, typer.Option(help="Its address.")] = None,
    description: Annotated[str | None, typer.Option(help="What the list is for.")] = None,
    kind: Annotated[ListKind | None, typer.Option(help="Who writes.")] = None,
    delivery: Annotated[
        ListDelivery | None,
        typer.Option(help="A copy to each member, or one to the list's address."),
    ] = None,
    four_eyes: Annotated[
        bool | None, typer.Option(help="Authors cannot approve their own messages.")
    ] = None,
    second_person: Annotated[bool | None, SECOND_PERSON] = None,
    who_may_ask: Annotated[WhoMayAsk | None, typer.Option(help="Who may write.")] = None,
    max_open_requests: Annotated[int | None, MAX_OPEN] = None,
    self_service: Annotated[SelfService | None, typer.Option(help=SELF_SERVICE)] = None,
    language: Annotated[Language | None, typer.Option(help="Of what is added to messages.")] = None,
    from_field: Annotated[
        FromField | None, typer.Option("--from", help="Whose address recipients see.")
    ] = None,
    personal: Annotated[
        bool | None, typer.Option(help="Each copy has its recipient's own link to unsubscribe.")
    ] = None,
    unsubscribe_line: Annotated[
        bool | None,
        typer.Option(
            "--footer/--no-footer", help="Show at the end of text and HTML how to unsubscribe."
        ),
    ] = None,
    rate: RateOption = None,
    window: WindowOption = None,
    evenly: SpanOption = None,
) -> None:
    """Change a list; options that are not given keep their value."""
    with acting() as (session, done):
        one = lists.list_named(session, short_name)
        lists.edit_list(
            session,
            one,
            lists.ListChanges(
                name=name,
                address=address,
                description=description,
                kind=kind,
                delivery=delivery,
                four_eyes=four_eyes,
                second_person=second_person,
                who_may_ask=who_may_ask,
                max_open_requests=max_open_requests,
                self_service=self_service,
                language=language,
                from_field=from_field,
                personal=personal,
                unsubscribe_line=unsubscribe_line,
            ),
            actor=Actor.operator(),
        )
        wanted = one.sendout_rules.changed(rate=rate, window=window, span=evenly)
        set_sendout_rules(session, one, wanted, actor=Actor.operator())
        done(f"Self-service for {short_name}: {one.self_service}.")
        done(f"Sendouts: {sendout(wanted)}.")


@mailing_lists.command("all")
def all_lists() -> None:
    """Show every list."""
    with transaction() as session:
        every = all_mailing_lists(session)
        members = member_counts(session, [one.id for one in every])
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
                    str(members[one.id]),
                    one.approver_list.name if one.approver_list else "-",
                )
                for one in every
            ],
            empty="No lists yet: listgate list create SHORT-NAME ADDRESS NAME",
        )


@mailing_lists.command("show")
def show_list(short_name: ShortName) -> None:
    """Show a list: its settings, approvers, owners, the number of its members, and warnings."""
    with transaction() as session:
        one = lists.list_named(session, short_name)
        warned = warnings_of(session, [one])[one.id]
        show(
            "",
            "",
            rows=[*setup_of(session, one), *(("warning", warning_text(each)) for each in warned)],
            empty="",
        )


def setup_of(session: Session, one: MailingList) -> list[tuple[str, str]]:
    """Return the settings of a list with their names."""
    answer = ", ".join(u.name for u in one.approver_list.members) if one.approver_list else ""
    return [
        ("short name", one.short_name),
        ("address", one.address),
        ("name", one.name),
        ("description", one.description or "missing"),
        ("kind", one.kind),
        ("delivery", one.delivery),
        ("sendouts", sendout(one.sendout_rules)),
        ("self service", one.self_service),
        ("who may write", one.who_may_ask),
        ("open requests of one author", str(one.max_open_requests or "no limit")),
        ("second person", "yes" if one.second_person else "no"),
        ("four eyes", "yes" if one.four_eyes else "no"),
        ("language", one.language),
        ("from", one.from_field),
        ("personal", "yes" if one.personal else "no"),
        ("unsubscribe line", "yes" if one.unsubscribe_line else "no"),
        ("approver list", one.approver_list.name if one.approver_list else "none"),
        ("approvers", answer or "nobody"),
        ("escalation", one.escalation_list.name if one.escalation_list else "none"),
        ("owners", ", ".join(u.name for u in owners_of(session, one)) or "none"),
        ("members", str(member_counts(session, [one.id])[one.id])),
        ("archived", local(one.archived_at) if one.archived_at else "no"),
    ]


@mailing_lists.command("warnings")
def show_warnings(short_name: SomeShortName = None) -> None:
    """Show what in the set-up of a list, or of all lists, is probably a mistake."""
    with transaction() as session:
        checked = (
            [lists.list_named(session, short_name)] if short_name else all_mailing_lists(session)
        )
        warned = warnings_of(session, checked)
        show(
            "list",
            "warning",
            rows=[
                (one.short_name, warning_text(each)) for one in checked for each in warned[one.id]
            ],
            empty="No warnings.",
        )


@mailing_lists.command("archive")
def archive_list(short_name: ShortName) -> None:
    """Archive a list: it takes no messages and no members, and is not pushed."""
    with acting() as (session, done):
        archived = archive(session, lists.list_named(session, short_name), actor=Actor.operator())
        done(f"The list {short_name} {'has been' if archived else 'was already'} archived.")


@mailing_lists.command("unarchive")
def unarchive_list(short_name: ShortName) -> None:
    """Take a list out of the archive; it is pushed."""
    with acting() as (session, done):
        unarchive(session, lists.list_named(session, short_name), actor=Actor.operator())
        done(f"The list {short_name} is in use.")


def sendout(rules: SendoutRules) -> str:
    """Describe rate, span and window."""
    zone, language = settings.zone_info, Language.ENGLISH
    return f"{pace_words(rules, language)}, {window_words(rules.windows, zone, language)}"
