"""The demo's chapter about the list server: many join a list, and it is pushed once."""

from contextlib import closing
from typing import Final

import psycopg2
from sqlalchemy import make_url

from sandbox.stack import Stack
from sandbox.storytelling import promise, say, show, wait

# How many join, and in how many processes at the same moment.
JOINING: Final = 40
PROCESSES: Final = 8

COUNTS: Final = """
    select (select count(*) from subscription_change c where c.list_id = l.id),
           (select count(*) from sync s where s.list_id = l.id and s.state = 'done')
    from mailing_list l where l.short_name = 'friends'
"""


def push_a_burst(here: Stack) -> None:
    """Have forty people join a list at once, and see one push bring all of them."""
    friends = [f"friend{number:02}@example.org" for number in range(JOINING)]
    file = here.folder / "friends.txt"
    file.write_text("".join(f"{friend}\n" for friend in friends))
    everybody = ("everybody@lists.example.org", "Everybody", str(file))
    imported = here.listgate("import-mailing-list", *everybody, "--create-users").splitlines()
    say("\n".join(f"  {line}" for line in imported[-2:]))  # before that, a line for each of them
    show(here, "list", "create", "friends", "friends@lists.example.org", "Friends")
    say(f"\nThey join in {PROCESSES} processes at the same moment:")
    joining = [("subscribe", "friends", *friends[one::PROCESSES]) for one in range(PROCESSES)]
    said = here.listgate_at_once(*joining)
    say("\n".join(f"  {line}" for line in said))
    wait(lambda: story_of_pushes(here)[1], "the list was pushed")
    changes, pushes = story_of_pushes(here)
    say(f"  {changes} changes, {pushes} push")
    promise("one push brought them all", (changes, pushes) == (JOINING, 1))
    for name in ("friends", "everybody"):
        on_the_server = here.list_server / name
        wait(on_the_server.exists, f"the list server has {name}")
        exported = here.listgate("export", name)
        promise("all are on it", exported.splitlines() == friends)
        same = on_the_server.read_text().strip() == exported
        promise(f"its file is what `listgate export {name}` writes", same)


def story_of_pushes(here: Stack) -> tuple[int, int]:
    """How many changes of the list there were, and how many pushes that came of them are done."""
    url = make_url(here.environment["DATABASE_URL"]).set(drivername="postgresql")
    dsn = url.render_as_string(hide_password=False)
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute(COUNTS)
        (counts,) = cursor.fetchall()
    changes, pushes = counts
    return changes, pushes
