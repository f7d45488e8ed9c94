"""`listgate list-set`."""

from typing import Annotated

import typer

from models import Actor
from portal.cli.options import acting, counted, show
from workflows.lists import list_sets as verbs
from workflows.lists.lists import lists_named
from workflows.queries.list_search import list_sets_with_lists
from workflows.transaction import transaction

app = typer.Typer()
list_sets = typer.Typer(
    help="Sets of lists, to grant roles on: create, add, remove, show, delete.",
    no_args_is_help=True,
)
app.add_typer(list_sets, name="list-set")

SetName = Annotated[str, typer.Argument(metavar="SET", help="A set's name.")]
ShortNames = Annotated[list[str], typer.Argument(metavar="LIST...", help="Lists' short names.")]


@list_sets.command("create")
def create(name: SetName, short_names: ShortNames) -> None:
    """Create a set of lists."""
    with acting() as (session, done):
        made = verbs.create_list_set(
            session, name, lists_named(session, short_names), actor=Actor.operator()
        )
        done(f"The set {made.name} has {counted(len(made.lists), 'list')}.")


@list_sets.command("add")
def add(name: SetName, short_names: ShortNames) -> None:
    """Add lists to a set; roles on the set are granted on them from now on."""
    with acting() as (session, done):
        found, lists = verbs.list_set_named(session, name), lists_named(session, short_names)
        verbs.add_lists(session, found, lists, actor=Actor.operator())
        done(f"The set {name} has {counted(len(found.lists), 'list')}.")


@list_sets.command("remove")
def remove(name: SetName, short_names: ShortNames) -> None:
    """Remove lists from a set; roles on the set no longer count on them."""
    with acting() as (session, done):
        found, lists = verbs.list_set_named(session, name), lists_named(session, short_names)
        verbs.remove_lists(session, found, lists, actor=Actor.operator())
        done(f"The set {name} has {counted(len(found.lists), 'list')}.")


@list_sets.command("show")
def show_sets() -> None:
    """Show every set with its lists."""
    with transaction() as session:
        show(
            "set",
            "lists",
            rows=[
                (one.name, ", ".join(each.short_name for each in one.lists))
                for one in list_sets_with_lists(session)
            ],
            empty="No sets of lists yet: listgate list-set create SET LIST...",
        )


@list_sets.command("delete")
def delete(name: SetName) -> None:
    """Delete a set on which no role is granted; its lists stay."""
    with acting() as (session, done):
        verbs.delete_list_set(session, verbs.list_set_named(session, name), actor=Actor.operator())
        done(f"The set {name} is deleted.")
