"""Create lists and approver lists, assign, find."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Door,
    Invalid,
    ListDelivery,
    ListKind,
    MailingList,
    Unknown,
)
from settings.types import SHORT_NAME, fits_short_name
from tests.builders import Cast, a_draft, a_list, an_example
from workflows.lists import lists

PORTAL = Door.PORTAL

BAD_SHORT_NAMES = [
    "",
    "Announce",
    "an nounce",
    "announce\n",
    "-announce",
    "announce-",
    ".announce",
    "announce.",
    "an..nounce",
    "../etc/passwd",
    "announce;reboot",
    "$(reboot)",
    "{email}",
    "annönce",
    "a" * 65,
]


def create(
    session: Session,
    short_name: str = "staff",
    address: str = "staff@lists.example.org",
    name: str = "Staff",
) -> MailingList:
    return lists.create_list(
        session, lists.NewList(short_name, address, name), actor=Actor.operator()
    )


def last_entry(session: Session) -> AuditEntry:
    """Return the newest entry of the audit trail."""
    return session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()


def test_a_new_list_is_empty_careful_and_on_record(session: Session, people: Cast) -> None:
    staff = lists.create_list(
        session,
        lists.NewList("staff", "Staff@Lists.Example.ORG", " Staff "),
        actor=Actor(people.barbara, PORTAL),
    )

    assert (staff.name, staff.address) == ("Staff", "Staff@lists.example.org")
    assert (staff.kind, staff.delivery) == (ListKind.ANNOUNCEMENT, ListDelivery.MEMBERS)
    assert staff.four_eyes
    assert staff.approver_list is None
    entry = last_entry(session)
    assert (entry.act, entry.actor, entry.door) == (Act.CREATED_LIST, "Barbara Liskov", PORTAL)
    assert (entry.list_id, entry.detail) == (staff.id, {"name": "staff"})


def test_a_short_name_that_a_shell_or_folder_could_misread_is_refused(
    session: Session, subtests: pytest.Subtests
) -> None:
    for name in BAD_SHORT_NAMES:
        refused = pytest.raises(Invalid, match="A short name has 1 to 64 of the characters")
        with subtests.test(name=name), refused:
            create(session, name)

    assert session.scalars(select(MailingList)).all() == []


def test_an_ordinary_short_name_is_accepted(session: Session) -> None:
    for number, short_name in enumerate(["a", "7", "a.b_c-d", "2027-01", "a-.b", "a" * 64]):
        create(session, short_name, f"{number}@lists.example.org")

        assert lists.list_named(session, short_name).short_name == short_name


@given(
    short_names=st.lists(
        st.one_of(
            st.text("ab09._-AÄ ", max_size=8),
            st.text("a.-", min_size=60, max_size=68),
            st.from_regex(SHORT_NAME, fullmatch=True),
            st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8),
        ),
        max_size=8,
    )
)
@example(short_names=["a\n", "a" * 64, "a" * 65, "a..b"])
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_python_and_the_database_accept_the_same_short_names(
    session: Session, short_names: list[str]
) -> None:
    check = session.scalars(
        text("select pg_get_expr(conbin, conrelid) from pg_constraint where conname = :name"),
        {"name": "mailing_list_short_name_check"},
    ).one()

    accepted = session.scalars(
        text(f"select {check} from unnest(cast(:short_names as text[])) as short_name"),
        {"short_names": short_names},
    ).all()

    assert accepted == [fits_short_name(each) for each in short_names]


def test_the_database_refuses_a_bad_short_name_by_itself(session: Session) -> None:
    session.add(MailingList(short_name="../etc", address="a@example.org", name="A"))

    with pytest.raises(IntegrityError, match="mailing_list_short_name_check"):
        session.flush()


def test_a_taken_short_name_is_refused(session: Session) -> None:
    create(session)

    with pytest.raises(Invalid, match="already a mailing list 'staff'"):
        create(session, address="other@lists.example.org")


def test_a_taken_address_is_refused_in_any_case(session: Session) -> None:
    create(session)

    for again in ("staff@lists.example.org", "STAFF@Lists.Example.Org"):
        with pytest.raises(Invalid, match="The mailing list staff already has this address"):
            create(session, "other", again)


def test_a_list_needs_an_address(session: Session) -> None:
    for address in ("staff", "staff@lists.example.org\r\nBcc: eve@example.org"):
        with pytest.raises(Invalid, match="not an e-mail address"):
            create(session, address=address)


def test_the_name_of_a_list_is_one_line(session: Session) -> None:
    for name in ("", " ", "Staff\r\nBcc: eve@example.org", "Staff\0"):
        with pytest.raises(Invalid, match="The list's name must be one line of text"):
            create(session, name=name)


def test_a_description_that_no_database_takes_is_refused(session: Session) -> None:
    with pytest.raises(Invalid):
        lists.create_list(
            session,
            lists.NewList("staff", "staff@lists.example.org", "Staff", description="All of us\0"),
            actor=Actor.operator(),
        )


def test_whatever_list_can_be_created_can_be_sent_to(session: Session, people: Cast) -> None:
    draft = a_draft(session, people)
    for short_name in ("staff", "a_b", "ab--cd", "a-.b", "a" * 64):
        draft.mailing_list = create(session, short_name, f"{short_name}@lists.example.org")
        assert b"\r\nList-Id: " in an_example(draft), short_name
    draft.mailing_list = create(session, "books", "books@bücher.example")
    assert b"\r\nList-Id: " in an_example(draft)


def test_approvers_are_kept_once_each_and_on_record(session: Session, people: Cast) -> None:
    twice = [people.linus, people.grace, people.linus]
    jury = lists.create_approver_list(session, " jury ", twice, actor=Actor(people.barbara, PORTAL))

    entry = last_entry(session)
    assert lists.approver_list_named(session, "jury") is jury
    assert set(jury.members) == {people.linus, people.grace}
    assert (entry.act, entry.actor) == (Act.CREATED_APPROVER_LIST, "Barbara Liskov")
    assert entry.detail == {
        "approver_list": "jury",
        "members": [people.linus.id, people.grace.id],
    }


def test_a_taken_name_of_an_approver_list_is_refused(session: Session, people: Cast) -> None:
    for again in ("editors", " editors", "editors\n"):
        with pytest.raises(Invalid, match="already an approver list"):
            lists.create_approver_list(session, again, [people.grace], actor=Actor.operator())


def test_the_name_of_an_approver_list_is_one_line(session: Session) -> None:
    for name in ("", "\t", "jury\r\nBcc: eve@example.org"):
        with pytest.raises(Invalid, match="must be one line of text"):
            lists.create_approver_list(session, name, [], actor=Actor.operator())


def test_setting_approvers_replaces_them_all(session: Session, people: Cast) -> None:
    new = [people.edsger, people.edsger, people.barbara]
    lists.set_approvers(session, people.approvers, new, actor=Actor(people.barbara, PORTAL))
    session.flush()
    session.expire(people.approvers)

    entry = last_entry(session)
    assert set(people.approvers.members) == {people.barbara, people.edsger}
    assert entry.act == Act.EDITED_APPROVER_LIST
    assert entry.detail == {
        "approver_list": "editors",
        "members": [people.edsger.id, people.barbara.id],
    }


def test_one_approver_list_serves_many_mailing_lists(session: Session, people: Cast) -> None:
    staff = a_list(session, "staff")

    lists.assign_approvers(session, staff, people.approvers, actor=Actor(people.barbara, PORTAL))

    entry = last_entry(session)
    assert staff.approver_list is people.announce.approver_list is people.approvers
    assert (entry.act, entry.list_id) == (Act.ASSIGNED_APPROVERS, staff.id)
    assert entry.detail["approver_list"] == "editors"


def test_an_error_names_the_unknown_list(session: Session) -> None:
    with pytest.raises(Unknown, match="no mailing list 'nowhere'"):
        lists.list_named(session, "nowhere")
    with pytest.raises(Unknown, match="no approver list 'nobody'"):
        lists.approver_list_named(session, "nobody")


def test_a_lists_domain_may_have_letters_of_any_alphabet(session: Session) -> None:
    for name, domain in (("staff", "bücher.example"), ("choir", "xn--bcher-kva.example")):
        created = create(session, name, f"News+{name}_1.a-b@{domain}")

        assert created.address.endswith("@bücher.example")
