"""`listgate list`, `approvers`, `subscribe` and `unsubscribe`."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import (
    ApproverList,
    AuditEntry,
    Door,
    FromField,
    Invalid,
    Language,
    ListDelivery,
    ListKind,
    MailingList,
    SelfService,
    Subscription,
    Unknown,
)
from tests.builders import Cast, listgate
from workflows.lists.archive import StillInUse

ADA, GRACE, EDSGER = "ada@example.org", "grace@example.org", "edsger@example.org"


def mailing_list(session: Session, short_name: str) -> MailingList:
    """The list of this short name, as it is now."""
    session.expire_all()
    return session.scalars(select(MailingList).where(MailingList.short_name == short_name)).one()


def on_the_list(session: Session, people: Cast) -> int:
    """Count the members of the cast's list."""
    found = select(func.count()).where(Subscription.list_id == people.announce.id)
    return session.scalar(found) or 0


def approvers(session: Session, name: str) -> list[str]:
    """The first names of those on an approver list, as it is now."""
    session.expire_all()
    found = session.scalars(select(ApproverList).where(ApproverList.name == name)).one()
    return [user.name.split()[0] for user in found.members]


@pytest.mark.usefixtures("session")
def test_a_portal_without_lists_says_how_to_create_one() -> None:
    assert "listgate list create SHORT-NAME ADDRESS NAME" in listgate("list", "all").stdout


def test_a_new_list_is_for_announcements_to_members_under_four_eyes(session: Session) -> None:
    said = listgate("list", "create", "staff", "staff@example.org", "Our staff").stdout

    staff = mailing_list(session, "staff")
    assert said == "The list staff has been created; it has no members yet.\n"
    assert (staff.address, staff.name, staff.description) == ("staff@example.org", "Our staff", "")
    assert (staff.kind, staff.delivery) == (ListKind.ANNOUNCEMENT, ListDelivery.MEMBERS)
    assert staff.four_eyes


def test_a_new_list_is_what_the_options_say(session: Session) -> None:
    listgate(
        "list",
        "create",
        "talk",
        "talk@example.org",
        "Talk",
        "--description",
        "About all",
        "--kind",
        "discussion",
        "--delivery",
        "list_address",
        "--no-four-eyes",
    )

    talk = mailing_list(session, "talk")
    assert (talk.kind, talk.delivery) == (ListKind.DISCUSSION, ListDelivery.LIST_ADDRESS)
    assert (talk.description, talk.four_eyes) == ("About all", False)
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.act, entry.actor, entry.door) == ("created_list", "operator", Door.COMMAND_LINE)


@pytest.mark.parametrize(
    "short_name",
    [
        "",
        "Staff",
        "staff list",
        "../staff",
        "staff/x",
        ".staff",
        "staff.",
        "a..b",
        "_a",
        "staff;reboot",
        "$(reboot)",
        "`id`",
        "a'b",
        'a"b',
        "a|b",
        "a\nb",
        "a\n",
        "ä",
        "x" * 65,
    ],
)
def test_a_short_name_is_harmless_in_a_command_and_a_path(
    session: Session, short_name: str
) -> None:
    with pytest.raises(Invalid, match="A short name has 1 to 64 of the characters"):
        listgate("list", "create", "--", short_name, "staff@example.org", "Staff")

    assert session.scalar(select(func.count(MailingList.id))) == 0


@pytest.mark.parametrize("short_name", ["a", "0", "x" * 64, "a.b-c_d", "a--b"])
def test_a_short_name_may_be_short_or_long(session: Session, short_name: str) -> None:
    listgate("list", "create", short_name, "staff@example.org", "Staff")

    assert mailing_list(session, short_name).name == "Staff"


@pytest.mark.parametrize("name", ["", "Our\nstaff", "Our\r\nBcc: eve@example.com"])
@pytest.mark.usefixtures("session")
def test_the_name_of_a_list_is_one_line_of_text(name: str) -> None:
    with pytest.raises(Invalid, match="The list's name must be one line of text"):
        listgate("list", "create", "staff", "staff@example.org", name)


@pytest.mark.usefixtures("people")
def test_a_taken_short_name_or_address_is_refused() -> None:
    with pytest.raises(Invalid, match="already a mailing list 'announce'"):
        listgate("list", "create", "announce", "other@example.org", "Other")
    with pytest.raises(Invalid, match="The mailing list announce already has this address"):
        listgate("list", "create", "other", "ANNOUNCE@lists.example.org", "Other")


@pytest.mark.usefixtures("people")
def test_every_list_is_shown_with_how_many_read_and_who_answers() -> None:
    listgate("list", "create", "zoo", "zoo@example.org", "Zoo")

    rows = [row.split() for row in listgate("list", "all").stdout.splitlines()]

    assert rows[1:] == [
        ["announce", "announce@lists.example.org", "Announce", "2", "editors"],
        ["zoo", "zoo@example.org", "Zoo", "0", "-"],
    ]


@pytest.mark.usefixtures("people")
def test_what_a_list_adds_to_messages_is_set(session: Session) -> None:
    options = ("--language", "de", "--from", "list", "--no-personal", "--no-footer")
    listgate("list", "set", "announce", *options)

    announce = mailing_list(session, "announce")
    assert (announce.language, announce.from_field) == (Language.GERMAN, FromField.LIST)
    assert not announce.personal
    assert not announce.unsubscribe_line


def test_every_setting_of_a_list_is_set(session: Session, people: Cast) -> None:
    options = ("--name", "News", "--address", "news@lists.example.org", "--kind", "discussion")
    more = ("--delivery", "list_address", "--no-four-eyes", "--self-service", "closed")

    listgate("list", "set", "announce", *options, *more)

    session.expire_all()
    news = people.announce
    assert (news.name, news.address) == ("News", "news@lists.example.org")
    assert (news.kind, news.delivery) == (ListKind.DISCUSSION, ListDelivery.LIST_ADDRESS)
    assert (news.four_eyes, news.self_service) == (False, SelfService.CLOSED)


def test_a_list_is_created_closed(session: Session) -> None:
    listgate("list", "create", "board", "board@example.org", "Board", "--self-service", "closed")

    assert mailing_list(session, "board").self_service is SelfService.CLOSED


def test_a_list_is_archived_and_taken_out_again(session: Session, people: Cast) -> None:
    said = [listgate("list", "archive", "announce").stdout for _ in range(2)]
    session.expire_all()
    archived = people.announce.archived_at

    back = listgate("list", "unarchive", "announce").stdout
    session.expire_all()

    assert said == [
        "The list announce has been archived.\n",
        "The list announce was already archived.\n",
    ]
    assert archived is not None
    assert (back, people.announce.archived_at) == ("The list announce is in use.\n", None)


@pytest.mark.usefixtures("people")
def test_the_warnings_of_one_list_or_of_all_are_shown() -> None:
    listgate("list", "create", "zoo", "zoo@example.org", "Zoo", "--description", "Animals")

    def warnings(*lists: str) -> list[str]:
        rows = listgate("list", "warnings", *lists).stdout.splitlines()
        return [row.split(maxsplit=1)[0] for row in rows[1:]]

    assert warnings() == ["announce", "announce", "zoo"]
    assert warnings("zoo") == ["zoo"]
    assert "There are no approvers" in listgate("list", "warnings", "zoo").stdout

    listgate("approvers", "create", "keepers", "barbara@example.org")
    listgate("approvers", "assign", "keepers", "zoo")

    assert listgate("list", "warnings", "zoo").stdout == "No warnings.\n"


@pytest.mark.usefixtures("people")
def test_a_list_is_shown_with_all_there_is_to_know() -> None:
    said = listgate("list", "show", "announce").stdout

    facts = dict(row.rstrip().split("  ", 1) for row in said.splitlines() if row.strip())
    assert {name: value.strip() for name, value in facts.items()} == {
        "short name": "announce",
        "address": "announce@lists.example.org",
        "name": "Announce",
        "description": "missing",
        "kind": "announcement",
        "delivery": "members",
        "four eyes": "yes",
        "language": "en",
        "from": "automatic",
        "personal": "yes",
        "unsubscribe line": "yes",
        "sendouts": "as fast as the mail relay takes them, at any time",
        "self service": "open",
        "who may write": "accounts",
        "open requests of one author": "no limit",
        "second person": "no",
        "approver list": "editors",
        "approvers": "Grace Hopper, Linus Torvalds",
        "escalation": "none",
        "owners": "none",
        "members": "2",
        "archived": "no",
        "warning": "Approvers without the rights to read and send messages (605 and 601): "
        "Grace Hopper, Linus Torvalds.",
    }


@pytest.mark.parametrize(
    "command",
    [
        "list show LIST",
        "approvers assign editors LIST",
        f"subscribe LIST {ADA}",
        f"unsubscribe LIST {ADA}",
    ],
)
@pytest.mark.usefixtures("people")
def test_a_list_that_is_not_there_is_said_to_be_unknown(command: str) -> None:
    with pytest.raises(Unknown, match=r"There is no mailing list 'anounce'\."):
        listgate(*command.replace("LIST", "anounce").split())


@pytest.mark.parametrize("name", ["x'; drop table message; --", "a\nb", "%", "../x", "\x1b[2J"])
@pytest.mark.usefixtures("people")
def test_a_strange_name_is_just_an_unknown_one(session: Session, name: str) -> None:
    with pytest.raises(Unknown, match="There is no mailing list ") as refusal:
        listgate("list", "show", name)

    assert str(refusal.value).isprintable()
    assert session.scalar(select(func.count(MailingList.id))) == 1


def test_an_approver_list_has_each_of_its_people_once(session: Session, people: Cast) -> None:
    said = listgate("approvers", "create", "board", GRACE, ADA, "GRACE@example.org").stdout

    assert said == "The approver list board has 2 members.\n"
    assert approvers(session, "board") == [people.ada.name.split()[0], "Grace"]


@pytest.mark.usefixtures("people")
def test_setting_approvers_replaces_them(session: Session) -> None:
    said = listgate("approvers", "set", "editors", EDSGER).stdout

    assert said.startswith("The approver list editors has 1 member")
    assert approvers(session, "editors") == ["Edsger"]


@pytest.mark.parametrize("command", ["create", "set"])
@pytest.mark.usefixtures("people")
def test_an_approver_who_is_not_there_changes_nothing(session: Session, command: str) -> None:
    with pytest.raises(Unknown, match="no user with this address"):
        listgate("approvers", command, "editors", ADA, "nobody@example.org")

    assert approvers(session, "editors") == ["Grace", "Linus"]


@pytest.mark.usefixtures("people")
def test_an_approver_list_is_created_once_and_used_by_its_name() -> None:
    with pytest.raises(Invalid, match="already an approver list 'editors'"):
        listgate("approvers", "create", "editors", ADA)
    with pytest.raises(Unknown, match="There is no approver list 'editor'"):
        listgate("approvers", "set", "editor", ADA)
    with pytest.raises(Unknown, match="There is no approver list 'editor'"):
        listgate("approvers", "assign", "editor", "announce")


@pytest.mark.usefixtures("people")
def test_an_assigned_approver_list_answers_for_the_list(session: Session) -> None:
    listgate("approvers", "create", "board", EDSGER)

    said = listgate("approvers", "assign", "board", "announce").stdout

    answering = mailing_list(session, "announce").approver_list
    assert said == (
        "board now answers for the list announce.\n"
        "announce: Approvers without the rights to read and send messages (605 and 601): "
        "Edsger Dijkstra.\n"
        "announce: Approvers who are also members, and so get each message twice: "
        "Edsger Dijkstra.\n"
    )
    assert answering is not None
    assert answering.name == "board"


@pytest.mark.usefixtures("people")
def test_approvers_are_added_and_removed(session: Session) -> None:
    added = listgate("approvers", "add", "editors", EDSGER, GRACE).stdout
    then = approvers(session, "editors")
    removed = listgate("approvers", "remove", "editors", GRACE, ADA).stdout

    assert added == (
        "The approver list editors has 3 members.\n"
        "announce: Approvers without the rights to read and send messages (605 and 601): "
        "Grace Hopper, Linus Torvalds, Edsger Dijkstra.\n"
        "announce: Approvers who are also members, and so get each message twice: "
        "Edsger Dijkstra.\n"
    )
    assert sorted(then) == ["Edsger", "Grace", "Linus"]
    assert removed == "The approver list editors has 2 members.\n"
    assert sorted(approvers(session, "editors")) == ["Edsger", "Linus"]


def test_an_approver_list_is_deleted_once_no_list_uses_it(session: Session, people: Cast) -> None:
    with pytest.raises(StillInUse, match="still used by: announce"):
        listgate("approvers", "delete", "editors")

    said = listgate("approvers", "unassign", "announce").stdout
    unused = listgate("approvers", "list").stdout.splitlines()[1].split()
    listgate("approvers", "delete", "editors")
    session.expire_all()

    assert said == "The list announce has no approver list now.\n"
    assert unused[:2] == ["editors", "0"]
    assert people.announce.approver_list is None
    assert "No approver lists yet" in listgate("approvers", "list").stdout


def test_subscribing_twice_is_subscribing_once(session: Session, people: Cast) -> None:
    said = [listgate("subscribe", "announce", ADA, EDSGER).stdout for _ in range(2)]

    assert said == ["The list announce has 3 members.\n"] * 2
    assert on_the_list(session, people) == 3


def test_unsubscribing_twice_is_unsubscribing_once(session: Session, people: Cast) -> None:
    said = [listgate("unsubscribe", "announce", ADA, EDSGER).stdout for _ in range(2)]

    assert all(each.startswith("The list announce has 1 member") for each in said)
    assert on_the_list(session, people) == 1


@pytest.mark.parametrize("command", ["subscribe", "unsubscribe"])
def test_one_unknown_address_stops_subscribing_and_unsubscribing(
    session: Session, people: Cast, command: str
) -> None:
    with pytest.raises(Unknown, match="no user with this address"):
        listgate(command, "announce", ADA, EDSGER, "nobody@example.org")

    assert on_the_list(session, people) == 2
