"""Hostile names and addresses do nothing: refused at every wall, and harmless behind them all."""

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Actor, Failure, Invalid
from models.lists import fits_list_address
from settings.types import fits_short_name
from tests.builders import Cast
from tests.workflows.sync.commands import SSH, TEE, Machine, pretend_ssh, pretend_tee
from workflows.lists import lists
from workflows.sync.command import argv_for

NAMES = [
    "$(touch pwned)",
    "`touch pwned`",
    "${HOME}",
    "$HOME",
    "a;touch pwned",
    "a|touch pwned",
    "a&touch pwned",
    "a>pwned",
    "a<pwned",
    "a\ntouch pwned",
    "a\rb",
    "a\tb",
    "a b",
    " a",
    "'",
    '"',
    "a'b",
    'a"b',
    "'; touch pwned; '",
    '"; touch pwned; "',
    "\\",
    "a\\",
    "-",
    "-a",
    "--append",
    "-oProxyCommand=touch",
    "a-",
    "..",
    "../etc/passwd",
    "a/../b",
    "a/b",
    "/etc/passwd",
    ".",
    ".hidden",
    "a..b",
    "*",
    "?",
    "[a]",
    "~",
    "~root",
    "!!",
    "#a",
    "a#",
    "{email}",
    "{short_name}",
    "{",
    "}",
    "{}",
    "{0}",
    "{a.__class__}",
    "%s",
    "%(email)s",
    "",
    "a\x00b",
    "a\x1bb",
    "a\u2028b",
    "\u0430dmin",
    "\uff41dmin",
    "adm\u0131n",
    "a\u0301",
    "a\u202eb",
    "a\u202eb",
    "A",
    "é",
    "a=b",
    "a@b",
    "a:b",
    "a,b",
    "a+b",
    "a" * 65,
]

LOCAL_PARTS = [
    "$(touch)",
    "`touch`",
    "$HOME",
    "a;b",
    "a|b",
    "a&b",
    "a>b",
    "a<b",
    "a b",
    "a\nb",
    "'",
    '"',
    "a'b",
    "o'brien",
    '"a b"',
    '"$(touch pwned)"',
    "\\",
    "-a",
    "-oProxyCommand=touch",
    "--",
    "..",
    "a..b",
    "../a",
    "/etc/passwd",
    "a/b",
    "~root",
    "*",
    "?",
    "!",
    "#a",
    "{email}",
    "{",
    "}",
    "{short_name}",
    "{a}",
    "%s",
    "a=b",
    "+a",
    "",
    "a\x00b",
    "a\x1bb",
    "é",
    "\u0430b",
    "a^b",
]
ADDRESSES = [
    *(f"{local_part}@lists.example.org" for local_part in LOCAL_PARTS),
    "a@b;touch",
    "a@$(touch)",
    "a@b c",
    "a@-b",
    "a@",
    "a@[127.0.0.1]",
    "a@b@c",
    "a",
    "a@b\n",
    "a@{email}",
    "a@b'c",
    "a@b/../c",
    "a@b_c",
    "a@b\x00c",
    "a@b\u2028c",
]


def refused(session: Session, new: lists.NewList) -> str:
    """Why this list is not created, or nothing if it is."""
    try:
        lists.create_list(session, new, actor=Actor.operator())
    except Invalid as refusal:
        return str(refusal)
    return ""


def test_no_list_gets_a_hostile_name(session: Session) -> None:
    wrong = "A short name has 1 to 64 of the characters"

    said = {name: refused(session, lists.NewList(name, "a@example.org", "A")) for name in NAMES}

    assert [name for name in NAMES if wrong not in said[name]] == []


def test_no_list_gets_a_hostile_address(session: Session) -> None:
    wrong = ("Before the @, a list's address has", "not an e-mail address", "begins with #")

    said = {address: refused(session, lists.NewList("a", address, "A")) for address in ADDRESSES}

    assert [each for each in ADDRESSES if not any(why in said[each] for why in wrong)] == []


def test_not_even_psql_writes_one(session: Session, people: Cast) -> None:
    written = [
        (column, value)
        for column, values in (("short_name", NAMES), ("address", ADDRESSES))
        for value in values
        # PostgreSQL stores no NUL; an invalid address that is safe in a command is harmless.
        if "\0" not in value and not (column == "address" and fits_list_address(value))
        if taken(session, people.announce.id, column=column, value=value)
    ]

    assert written == []


def taken(session: Session, list_id: int, *, column: str, value: str) -> bool:
    """Whether PostgreSQL lets this be written."""
    try:
        with session.begin_nested():
            session.execute(
                text(f"update mailing_list set {column} = :value where id = :id"),
                {"value": value, "id": list_id},
            )
    except IntegrityError:
        return False
    return True


@pytest.mark.parametrize("command", [TEE, SSH, "tee -- {email}", "ssh host 'push {email}'"])
def test_an_unsafe_name_or_address_starts_nothing(tmp_path: Path, command: str) -> None:
    machine = Machine(tmp_path)
    pretend_tee(machine)
    pretend_ssh(machine)

    outcomes = [
        *(machine.push(command, short_name=name) for name in NAMES),
        *(machine.push(command, email=each) for each in ADDRESSES if not fits_list_address(each)),
    ]

    assert {(each.failure, each.exit_status) for each in outcomes} == {(Failure.NOT_STARTED, None)}
    assert {each.stderr for each in outcomes} == {
        "The list's short name or address may not be used in a command: nothing was run."
    }
    assert machine.calls() == []


@given(short_name=st.text() | st.sampled_from(NAMES), email=st.text() | st.sampled_from(ADDRESSES))
def test_whatever_the_values_they_are_plain_words_or_there_are_none(
    short_name: str, email: str
) -> None:
    words = argv_for("push {short_name} {email}", short_name=short_name, email=email)

    assert words == [] or (
        len(words) == 3
        and words == shlex.split(" ".join(words))
        and not any(word.startswith("-") for word in words)
        and ".." not in words[1]
    )


@given(
    short_name=st.from_regex(r"[a-z0-9._-]{1,10}", fullmatch=True).filter(fits_short_name),
    email=st.from_regex(r"[A-Za-z0-9._+-]{1,10}@[a-z]{1,5}\.example", fullmatch=True),
)
def test_quoting_changes_nothing_of_a_list_that_was_created(short_name: str, email: str) -> None:
    words = argv_for("{short_name} {email}", short_name=short_name, email=email)

    assert words == ([short_name, email] if fits_list_address(email) else [])
