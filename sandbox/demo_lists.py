"""The demo's part about the list server: many people join a list, and it is pushed once."""

from contextlib import closing
from typing import Final

import psycopg2
from sqlalchemy import make_url

from sandbox.narration import check, run, say, wait_for
from sandbox.stack import Stack

SUBSCRIBERS: Final = 40
PROCESSES: Final = 8  # at the same time

COUNTS: Final = """
    select (select count(*) from subscription_change c where c.list_id = l.id),
           (select count(*) from sync s where s.list_id = l.id and s.state = 'done')
    from mailing_list l where l.short_name = 'friends'
"""


def push_a_burst(stack: Stack) -> None:
    """Subscribe forty people at once, and check that one push covers all of them."""
    friends = [f"friend{number:02}@example.org" for number in range(SUBSCRIBERS)]
    file = stack.folder / "friends.txt"
    file.write_text("".join(f"{friend}\n" for friend in friends))
    everybody = ("everybody@lists.example.org", "Everybody", str(file))
    imported = stack.listgate("import-mailing-list", *everybody, "--create-users").splitlines()
    say("\n".join(f"  {line}" for line in imported[-2:]))  # without the line for each person
    run(stack, "list", "create", "friends", "friends@lists.example.org", "Friends")
    say(f"\n{PROCESSES} processes subscribe them at the same time:")
    commands = [("subscribe", "friends", *friends[one::PROCESSES]) for one in range(PROCESSES)]
    outputs = stack.listgate_at_once(*commands)
    say("\n".join(f"  {line}" for line in outputs))
    wait_for(lambda: count_changes_and_pushes(stack)[1], "the list is pushed")
    changes, pushes = count_changes_and_pushes(stack)
    say(f"  {changes} changes, {pushes} push")
    check("one push covers all changes", (changes, pushes) == (SUBSCRIBERS, 1))
    for name in ("friends", "everybody"):
        on_the_server = stack.list_server / name
        wait_for(on_the_server.exists, f"the list server has {name}")
        exported = stack.listgate("export", name)
        check(f"{name} has every address", exported.splitlines() == friends)
        same = on_the_server.read_text().strip() == exported
        check(f"the file equals the output of `listgate export {name}`", same)


def count_changes_and_pushes(stack: Stack) -> tuple[int, int]:
    """Return the number of the list's changes, and of its finished pushes."""
    url = make_url(stack.environment["DATABASE_URL"]).set(drivername="postgresql")
    dsn = url.render_as_string(hide_password=False)
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute(COUNTS)
        (counts,) = cursor.fetchall()
    changes, pushes = counts
    return changes, pushes
