"""What each recipient gets: the message, the list's fields, and a link of their own."""

import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from sqlalchemy.orm import Session

from models import (
    Actor,
    FromField,
    Installation,
    Language,
    ListDelivery,
    ListKind,
    Message,
    SelfService,
)
from models.clock import now
from notifications.mime.copies import Copies
from notifications.mime.from_field import FromNotice, from_notice
from notifications.mime.list_mail import EXAMPLE_TOKEN
from notifications.mime.return_path import ReturnedCopy, ReturnPaths
from tests.builders import Cast, a_draft, an_example
from tests.letter_context import COPY_SETTINGS
from workflows.lists import lists

FOREIGN = b"From: Ada Lovelace <ada@other.example>\r\nSubject: x\r\n\r\nHello\r\n"


@pytest.fixture
def message(session: Session, people: Cast) -> Message:
    draft = a_draft(session, people)
    session.flush()
    return draft


def copies_of(message: Message) -> Copies:
    return Copies(message, envelope_sender="bounces@example.org", settings=COPY_SETTINGS)


def parsed(content: bytes) -> EmailMessage:
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    return mail


def test_copies_differ_only_in_the_token(people: Cast, message: Message) -> None:
    copies = copies_of(message)

    one = copies.to("edsger@example.org", people.edsger.id)
    two = copies.to("barbara@bücher.example", people.barbara.id)

    assert not copies.identical
    assert one.recipients == ("edsger@example.org",)
    assert two.recipients == ("barbara@xn--bcher-kva.example",)
    tokens = [set(re.findall(rb"[a-z2-7]{26}\b", each.content)) for each in (one, two)]
    assert [len(found) for found in tokens] == [1, 1]
    (first,), (second,) = tokens
    assert first != second
    assert one.content.replace(first, EXAMPLE_TOKEN.encode()) == an_example(message)
    assert one.content.replace(first, second) == two.content
    assert one == copies_of(message).to("edsger@example.org", people.edsger.id)


def test_a_copy_comes_back_to_an_address_of_its_own(
    session: Session, people: Cast, message: Message
) -> None:
    paths = ReturnPaths(session.get_one(Installation, True).token_key)
    copy = copies_of(message).to("edsger@example.org", people.edsger.id)

    assert paths.read(copy.sender) == ReturnedCopy(message.id, people.edsger.id, message.mark)
    assert copies_of(message).to("stranger@example.org", None).sender == "bounces@example.org"


@pytest.mark.parametrize(
    ("tokens", "changes"),
    [
        (False, {}),
        (True, {"personal": False}),
        (True, {"delivery": ListDelivery.LIST_ADDRESS}),
    ],
)
def test_identical_copies_come_back_to_the_plain_address(
    people: Cast, message: Message, *, tokens: bool, changes: dict[str, object]
) -> None:
    for column, value in changes.items():
        setattr(people.announce, column, value)
    copies = Copies(
        message,
        envelope_sender="bounces@example.org",
        settings=COPY_SETTINGS,
        bounce_tokens=tokens,
    )

    assert copies.to("edsger@example.org", people.edsger.id).sender == "bounces@example.org"


def test_a_recipient_who_is_no_user_gets_no_token(message: Message) -> None:
    mail = parsed(copies_of(message).to("stranger@example.org", None).content)

    assert mail["List-Unsubscribe"] == "<https://listgate.example.org/my/lists>"
    assert "List-Unsubscribe-Post" not in mail
    assert "Leave this list: https://listgate.example.org/my/lists" in mail.get_content()


def test_a_copy_needs_a_recipient(message: Message) -> None:
    with pytest.raises(ValueError, match="recipient"):
        copies_of(message).to("", None)


@pytest.mark.parametrize(
    ("changes", "way", "line"),
    [
        ({"personal": False}, "<https://listgate.example.org/my/lists>", True),
        (
            {"self_service": SelfService.CLOSED},
            "<mailto:listgate@example.org?subject=unsubscribe%20announce>",
            False,
        ),
        ({"delivery": ListDelivery.LIST_ADDRESS}, None, False),
    ],
)
def test_copies_without_a_token_have_the_same_content(
    people: Cast, message: Message, changes: dict[str, object], way: str | None, line: bool
) -> None:
    for column, value in changes.items():
        setattr(people.announce, column, value)

    copies = copies_of(message)

    # Mail to the members of a closed list comes back to an address of its own, too.
    assert copies.identical is ("self_service" not in changes)
    one, two = (copies.to(f"{name}@example.org", 7).content for name in ("ada", "grace"))
    assert one == two == an_example(message)
    assert parsed(one)["List-Unsubscribe"] == way
    assert ("Leave this list" in parsed(one).get_content()) == line


def test_the_line_is_in_the_lists_language_or_left_out(people: Cast, message: Message) -> None:
    people.announce.language = Language.GERMAN
    assert b"Von dieser Liste abmelden: https://" in an_example(message)

    people.announce.unsubscribe_line = False
    shown = an_example(message)
    assert b"abmelden" not in shown
    assert EXAMPLE_TOKEN.encode() in shown


def test_the_date_is_that_of_the_sendout(message: Message) -> None:
    message.dated_at = now().replace(microsecond=0)

    assert parsed(an_example(message))["Date"].datetime == message.dated_at


@pytest.mark.parametrize(
    ("from_field", "author", "notice"),
    [
        (FromField.AUTOMATIC, "example.org", None),
        (FromField.AUTOMATIC, "sub.lists.example.org", None),
        (FromField.AUTOMATIC, "other.example", FromNotice.FROM_LIST),
        (FromField.AUTOMATIC, "notexample.org", FromNotice.FROM_LIST),
        (FromField.AUTOMATIC, "\u2488.é", FromNotice.FROM_LIST),  # which IDNA does not allow
        (FromField.AUTHOR, "other.example", FromNotice.FOREIGN),
        (FromField.AUTHOR, "example.org", None),
        (FromField.LIST, "example.org", FromNotice.FROM_LIST),
    ],
)
def test_from_is_the_list_if_the_author_has_another_domain(
    people: Cast,
    message: Message,
    from_field: FromField,
    author: str,
    notice: FromNotice | None,
) -> None:
    people.announce.from_field = from_field
    message.raw = FOREIGN.replace(b"other.example", author.encode())

    mail = parsed(an_example(message))

    assert from_notice(message) is notice
    (shown,) = mail["From"].addresses
    from_list = notice is FromNotice.FROM_LIST
    by_list = ("Ada Lovelace via Announce", "announce@lists.example.org")
    by_author = ("Ada Lovelace", f"ada@{author}")
    assert (shown.display_name, shown.addr_spec) == (by_list if from_list else by_author)
    assert ("Reply-To" in mail) == from_list


def test_a_list_server_gets_the_authors_address(people: Cast, message: Message) -> None:
    people.announce.delivery = ListDelivery.LIST_ADDRESS
    message.raw = FOREIGN

    assert parsed(an_example(message))["From"] == "Ada Lovelace <ada@other.example>"
    assert from_notice(message) is None


def test_discussion_lists_begin_without_the_line(session: Session) -> None:
    talk = lists.NewList("talk", "talk@lists.example.org", "Talk", kind=ListKind.DISCUSSION)
    news = replace(talk, short_name="news", address="n@x.example", kind=ListKind.ANNOUNCEMENT)
    made = [lists.create_list(session, each, actor=Actor.operator()) for each in (talk, news)]

    assert [each.unsubscribe_line for each in made] == [False, True]
