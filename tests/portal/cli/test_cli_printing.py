"""Output is printed as it is: no markup, no emoji, no lost text, no control characters."""

import pytest
from sqlalchemy.orm import Session

from models import Actor, Door, Verdict
from tests.builders import Cast, a_draft, a_request, listgate
from workflows.moderation.decide import decide

# Rich takes these for colours, a line's end, a link, an emoji; the last two it calls an error.
MARKUP = r"[red]x[/red] [link=x]y a :bell: rings \[b] \\ [/] see [/etc/hosts]"

# All of them longer than what a table of several columns has room for in 80 characters.
LONG_SUBJECT = "Invitation to the extraordinary general assembly of all members and friends " * 2
LONG_WORD = "Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz" * 2


def squeezed(text: str) -> str:
    """Return the text in one line, however it was folded."""
    return " ".join(text.split())


def test_a_subject_is_shown_as_it_is(session: Session, people: Cast) -> None:
    draft = a_draft(session, people, MARKUP)
    session.flush()

    outbox, timeline = listgate("outbox"), listgate("timeline", str(draft.id))

    assert draft.subject == MARKUP
    assert MARKUP in outbox.stdout
    assert timeline.stdout.startswith(f"{MARKUP} is a draft\n")


def test_a_reason_is_shown_as_it_is(session: Session, people: Cast) -> None:
    request = a_request(session, people)

    said = listgate(
        "decide", str(request.id), "reject", "--as", "grace@example.org", "--comment", MARKUP
    ).stdout

    assert said.endswith(f" was rejected by Grace Hopper: {MARKUP}.\n")
    assert MARKUP in squeezed(listgate("timeline", str(request.message_id)).stdout)


@pytest.mark.usefixtures("session")
def test_a_name_is_shown_as_it_is() -> None:
    added = listgate("user", "add", "ada@example.org", MARKUP, "--role", "author")
    created = listgate("approvers", "create", MARKUP, "ada@example.org")
    listgate(
        "list", "create", "staff", "staff@example.org", MARKUP, "--description", f"for {MARKUP}"
    )
    assigned = listgate("approvers", "assign", MARKUP, "staff")
    defined = listgate("role", "define", MARKUP, "--right", "601")

    assert added.stdout.endswith(f": {MARKUP}\n")
    assert created.stdout.startswith(f"The approver list {MARKUP} has")
    assert assigned.stdout.startswith(f"{MARKUP} now answers")
    assert defined.stdout.startswith(f"The role {MARKUP} has")
    assert MARKUP in listgate("user", "list").stdout
    assert MARKUP in listgate("role", "list").stdout
    assert listgate("list", "show", "staff").stdout.count(MARKUP) == 5


def test_a_reason_gives_no_orders_to_the_terminal(session: Session, people: Cast) -> None:
    request = a_request(session, people)
    comment = "No.\x1b]0;owned\x07\x1b[2J\x9b2J\rYes."

    decide(
        session, request, Verdict.REJECTED, actor=Actor(people.grace, Door.SERVICE), comment=comment
    )
    session.flush()

    said = listgate("outbox").stdout + listgate("timeline", str(request.message_id)).stdout
    assert [each for each in said if not each.isprintable() and each != "\n"] == []


def test_in_a_pipe_every_row_is_whole_and_on_one_line(
    session: Session, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    for subject in (LONG_SUBJECT, LONG_WORD):
        a_draft(session, people, subject)

    outbox = listgate("outbox").stdout.splitlines()

    assert [row for row in outbox if LONG_WORD in row and "is a draft" in row]
    assert [row for row in outbox if LONG_SUBJECT.strip() in row and "is a draft" in row]
