"""One story through every door: no log, Redis key, command line or Flower page shows it (P11).

Everything private contains the marker, or is a secret that the story collects on its way.
"""

import base64
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import redis
import urllib3
from celery import Celery
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from models import Actor, Preference
from sandbox.mail_replies import Reply, deliver, words_of
from sandbox.stack import Stack
from settings import settings
from tests.databases import new_database
from tests.faults.overheard import record_commands
from tests.faults.shared import kill_shared_worker
from tests.portal.accounts.telephone import code
from tests.portal.visitors import app_for, give_password
from tests.stories.browser import Browser
from tests.stories.installation import Installation, running
from tests.waiting import wait_for
from workflows.lists import lists
from workflows.lists.lists import NewList
from workflows.people.contacts import ContactChanges, change_contact
from workflows.people.users import add_user, grant
from workflows.subscriptions.subscribe import subscribe

MARKER = "zebrafish"
PASSWORD = f"{MARKER} horse battery"
PHONES = {"linus": "+33655501234", "grace": "+33655501235"}
TEXT = {"list": "announce", "subject": f"The {MARKER}", "text": f"Dear {MARKER}", "html": ""}
OPEN_TRANSACTIONS = (
    "select pid from pg_stat_activity where datname = current_database()"
    " and application_name = 'listgate' and state <> 'idle' and pid <> pg_backend_pid()"
)
# How another service stores what is private, for a minute (docs/tasks.md).
PARCEL = "SET listgate:parcel:"
BODY = re.compile(r'"body": "([A-Za-z0-9+/=]+)"')
CODE = re.compile(r"(?<![0-9+])[0-9]{6}(?![0-9])")
PROGRAMS = {"worker", "beat", "web", "lmtp", "flower"}


def address(name: str) -> str:
    return f"{name}-{MARKER}@example.org"


@dataclass
class Story:
    """A running installation, and the secrets that the story has come by."""

    installation: Installation
    database: Engine
    secrets: set[str] = field(default_factory=set)
    command_lines: set[str] = field(default_factory=set)

    @property
    def stack(self) -> Stack:
        return self.installation.stack

    def look(self) -> None:
        """Note the command line of every process of the installation."""
        self.command_lines |= self.installation.command_lines()

    def letter(self, name: str, subject: str) -> Any:
        """Wait for a letter to this person, whose subject begins so."""

        def found() -> list[Any]:
            mails = [mail.message for mail in self.stack.mailbox.to(address(name))]
            return [mail for mail in mails if str(mail["Subject"]).startswith(subject)]

        letter = wait_for(f"a letter to {name}: {subject}", found)[-1]
        # What it offers is valid once the worker has committed, a moment after the mail has left.
        wait_for("the worker to commit", lambda: not self.sql(OPEN_TRANSACTIONS))
        return letter

    def sql(self, statement: str) -> list[Any]:
        with self.database.connect() as connection:
            return list(connection.execute(text(statement)))

    def listgate(self, *arguments: str) -> None:
        """Run a command; a refusal is as good as an answer."""
        self.installation.listgate(arguments)
        self.look()


@pytest.fixture
def story(
    tmp_path: Path, template: str, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Story]:
    """An installation with Flower and the people of the story."""
    kill_shared_worker(pytestconfig)
    redis_url = settings.redis_url.get_secret_value()
    with new_database(template) as url, redis.Redis.from_url(redis_url) as client:
        client.flushdb()
        monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
        own = create_engine(url)
        with Session(own) as session, session.begin():
            fill(session)
        with running(tmp_path, FLOWER_UNAUTHENTICATED_API="true") as installation:
            environment = installation.stack.environment
            known = {environment[name] for name in ("SECRET_KEY", "TWILIO_AUTH_TOKEN")}
            yield Story(installation, own, known)
        own.dispose()
        client.flushdb()


def fill(session: Session) -> None:
    """Add the people and the list, without a door."""
    actor = Actor.operator()
    people = {
        name: add_user(session, address(name), f"{name.title()} {MARKER}", actor=actor)
        for name in ("ada", "grace", "linus", "edsger")
    }
    session.flush()
    grant(session, people["ada"], "author", actor=actor)
    for name, phone in PHONES.items():
        change = ContactChanges(phone=phone, preference=Preference.BOTH)
        change_contact(session, people[name], change, actor=actor)
    announce = lists.create_list(
        session, NewList("announce", f"list-{MARKER}@example.org", MARKER), actor=actor
    )
    approvers = [people["grace"], people["linus"]]
    editors = lists.create_approver_list(session, "editors", approvers, actor=actor)
    lists.assign_approvers(session, announce, editors, actor=actor)
    subscribe(session, people["edsger"], announce, actor=actor)
    give_password(session, people["ada"], app_for(settings), PASSWORD)


def by_page(story: Story) -> Browser:
    """Ada logs in, with a wrong password first, writes, and hands in."""
    ada = Browser(story.stack.environment["PUBLIC_URL"])
    ada.send("/log-in", address=address("ada"), password=f"wrong {PASSWORD}")
    ada.send("/log-in", address=address("ada"), password=PASSWORD)
    write(ada)
    story.secrets |= {cookie.value or "" for cookie in ada.cookies}
    return ada


def write(ada: Browser) -> None:
    """Write one message, and ask for approval."""
    ada.send("/messages/new", **TEXT)
    ada.press(f"{ada.path}/handing_in")


def turn_codes_on(ada: Browser, story: Story) -> None:
    """Turn the second factor on, and look at the recovery codes."""
    key = re.search(r"<code>([^<]+)</code>", ada.get("/account/codes"))
    assert key
    secret = re.sub("[^A-Z2-7]", "", key[1].upper())
    shown = ada.press("/account/codes", code=code(secret))
    recovery = set(re.findall(r"<code>([^<]+)</code>", shown))
    assert len(recovery) == 10
    story.secrets |= {secret, *recovery}


def by_mail(story: Story) -> None:
    """Grace writes what is not understood; a stranger writes to her address, and to none."""
    letter = story.letter("grace", "To approve")
    reply = Reply.to_mail(letter)
    story.secrets.add(reply.to.partition("+")[2].partition("@")[0])
    unclear = replace(reply, text=f"I wonder about the {MARKER}\n")
    deliver(unclear.message(address("grace")), lmtp=story.stack.lmtp)
    deliver(unclear.message(f"stranger-{MARKER}@example.org"), lmtp=story.stack.lmtp)
    with pytest.raises(OSError, match="550"):
        lost = replace(unclear, to=f"nobody-{MARKER}@example.org")
        deliver(lost.message(address("grace")), lmtp=story.stack.lmtp)
    story.letter("grace", "Not understood")


def code_of(story: Story, name: str) -> str:
    """Return the code in the newest SMS to this person."""
    sms = wait_for(f"an SMS to {name}", lambda: story.stack.phone.to(PHONES[name]))
    (code,) = set(CODE.findall(sms[-1].body))
    story.secrets.add(code)
    return str(code)


def by_sms_and_link_at_once(story: Story) -> None:
    """Linus errs, then answers while Grace opens her link and answers; an SMS is forged."""
    code, phone = code_of(story, "linus"), story.stack.phone
    phone.text(PHONES["linus"], f"NO {int(code) ^ 1:06} {MARKER}")
    phone.text(PHONES["linus"], f"OK {code} {MARKER}", token=f"forged {MARKER}")
    link = re.search(r"(/answer/\S+)", words_of(story.letter("grace", "To approve")))
    assert link
    story.secrets.add(link[1].rpartition("/")[2])
    grace = Browser(story.stack.environment["PUBLIC_URL"])
    grace.get(link[1])
    grace.get(f"{link[1]}x")
    with ThreadPoolExecutor(2) as pool:
        pool.submit(phone.text, PHONES["linus"], f"OK {code}")
        pool.submit(grace.post, link[1], verdict="rejected", comment=f"no {MARKER}")
    phone.unreachable(PHONES["linus"])


def by_command_and_service(story: Story, service: Celery) -> None:
    """A command with a wrong address, and a decision by claim check with a private comment."""
    ((linus,),) = story.sql(f"select id from \"user\" where address = '{address('linus')}'")
    story.listgate("decide", "2", "approve", "--as", f"nobody-{MARKER}@example.org")
    parcel = str(uuid4())
    with redis.Redis.from_url(story.stack.environment["REDIS_URL"]) as client:
        client.set(f"listgate:parcel:{parcel}", f"no {MARKER}", ex=60)
    call = {"request_id": 2, "approver_id": linus, "verdict": "rejected", "parcel": parcel}
    result = service.send_task(
        "listgate.decide", kwargs={**call, "idempotency_key": "1"}, queue="moderation"
    )
    assert result.get(timeout=60)["request_id"] == 2


def same_phone_at_once(story: Story) -> None:
    """Two people want one number; the database refuses the second."""
    number = "+33655501239"
    story.installation.listgate(
        *(("user", "contact", address(name), "--phone", number) for name in ("ada", "edsger"))
    )


def ask_for_a_link(story: Story) -> None:
    """Grace logs in by a mailed link, after a password that is too long."""
    grace = Browser(story.stack.environment["PUBLIC_URL"])
    grace.send("/log-in", address=address("grace"), password=MARKER * 200)
    grace.send("/letter/log-in", address=address("grace"))
    link = re.search(r"(/link/\S+)", words_of(story.letter("grace", "Your link")))
    assert link
    story.secrets.add(link[1].rpartition("/")[2])
    grace.send(link[1])


def tell(story: Story) -> None:
    """Play the story."""
    url = story.stack.environment["REDIS_URL"]
    service = Celery(broker=url, backend=url)
    story.stack.mailbox.answer(address("edsger"), f"550 5.1.1 No {address('edsger')} here")
    ada = by_page(story)
    turn_codes_on(ada, story)
    by_mail(story)
    by_sms_and_link_at_once(story)
    story.look()
    write(ada)
    by_command_and_service(story, service)
    same_phone_at_once(story)
    ask_for_a_link(story)
    story.look()
    service.close()


def stored(client: redis.Redis) -> str:
    """Return every key of this Redis with its value; claim checks may be private."""
    readers: dict[Any, Callable[[Any], object]] = {
        b"string": client.get,
        b"list": lambda key: client.lrange(key, 0, -1),
        b"set": client.smembers,
        b"hash": client.hgetall,
        b"zset": lambda key: client.zrange(key, 0, -1, withscores=True),
    }
    return "\n".join(
        f"{key!r} {readers[client.type(key)](key)!r}"
        for key in client.scan_iter()
        if not key.startswith(b"listgate:parcel:")
    )


def flower_pages(url: str) -> str:
    """Return what Flower's API and pages show, of every task."""
    paths = ["/api/tasks", "/api/workers", "/tasks", "/workers"]
    tasks = fetch(f"{url}/api/tasks")
    paths += [f"/task/{uuid}" for uuid in set(re.findall(r'"uuid": "([^"]+)"', tasks))]
    assert "deliver_notification" in tasks
    assert "listgate.decide" in tasks
    return "\n".join(fetch(url + path) for path in paths)


def fetch(url: str) -> str:
    answer = urllib3.request("GET", url)
    assert answer.status == 200, url
    return answer.data.decode()


def decoded(commands: str) -> str:
    """Add to the commands the bodies of the tasks in them."""
    bodies = [base64.b64decode(body).decode(errors="replace") for body in BODY.findall(commands)]
    return "\n".join([commands, *bodies])


def test_nothing_private_is_where_it_must_not_be(story: Story) -> None:
    url = story.stack.environment["REDIS_URL"]
    with record_commands(url) as commands:
        tell(story)
    with redis.Redis.from_url(url) as client:
        kept = stored(client)

    searched = story.installation.logs() | {
        "Redis": decoded(kept),
        "commands": decoded("\n".join(one for one in commands if not one.startswith(PARCEL))),
        "argv": "\n".join(story.command_lines),
        "Flower": flower_pages(story.installation.flower),
    }
    assert searched.keys() >= PROGRAMS
    private = {MARKER, PASSWORD, *PHONES.values(), "655501239", *story.secrets} - {""}
    shown = {
        (place, word)
        for place, found in searched.items()
        for word in private
        if word.casefold() in found.casefold()
    }
    assert shown == set()
