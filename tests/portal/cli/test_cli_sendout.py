"""The rules of sendouts on the command line: `listgate list set`, `list show`, `message submit`."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Invalid, Message, MessageState, Rate, SendoutRules, Span, Window
from tests.builders import Cast, an_eml, listgate

RULES = SendoutRules(Rate(500, 30), (Window.read("22:00-06:00"),))


def rules_now(session: Session, people: Cast) -> SendoutRules:
    session.expire_all()
    return people.announce.sendout_rules


def test_the_command_line_sets_changes_and_removes_rules(session: Session, people: Cast) -> None:
    said = listgate("list", "set", "announce", "--rate", "500/30", "--window", "22:00-06:00").stdout
    assert "at most 500 every 30 minutes, 22:00–06:00 (UTC)" in said  # noqa: RUF001
    assert rules_now(session, people) == RULES

    listgate("list", "set", "announce", "--description", "News")
    assert rules_now(session, people) == RULES
    listgate("list", "set", "announce", "--rate", "none")
    assert rules_now(session, people) == SendoutRules(windows=RULES.windows)
    shown = listgate("list", "show", "announce").stdout
    assert "as fast as the mail relay takes them, 22:00–06:00 (UTC)" in shown  # noqa: RUF001


def test_the_command_line_submits_with_rules(session: Session, people: Cast) -> None:
    people.announce.sendout_rules = SendoutRules(Rate(60, 1))
    session.flush()
    submit = ("message", "submit", "-", "--list", "announce", "--as", "ada@example.org")

    with pytest.raises(Invalid, match="at most 60 copies"):
        listgate(*submit, "--rate", "100/1", stdin=an_eml())
    with pytest.raises(Invalid, match="like 180 or 3h"):
        listgate(*submit, "--evenly", "soon", stdin=an_eml())
    listgate(*submit, "--rate", "5/1", "--window", "22:00-06:00", "--evenly", "3h", stdin=an_eml())

    message = session.scalars(select(Message)).one()
    assert message.sendout_rules == SendoutRules(Rate(5, 1), RULES.windows, Span(180))
    assert message.state is MessageState.IN_MODERATION
