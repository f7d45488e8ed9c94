"""The checks find mistakes in a list's set-up and name the people and lists concerned."""

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from models import Actor, ListKind, MailingList, Preference, User
from models.clock import now
from portal.wording.warning_sentences import SENTENCES
from tests.builders import Cast, a_draft, a_list
from tests.portal.web.statements import counted
from workflows.lists import archive, lists
from workflows.lists.checks import MAX_NAMES, Doubt, Warned, warnings_of
from workflows.people.users import disable, grant
from workflows.subscriptions.subscribe import subscribe

GRACE, LINUS = "Grace Hopper", "Linus Torvalds"


@pytest.fixture
def sound(session: Session, people: Cast) -> Cast:
    """The cast, with a list about which there is no doubt."""
    people.announce.description = "News"
    for approver in (people.grace, people.linus):
        grant(session, approver, "sender", actor=Actor.operator())
    session.flush()
    return people


def warnings_about(session: Session, people: Cast) -> list[Warned]:
    session.flush()
    return warnings_of(session, [people.announce])[people.announce.id]


def join(session: Session, user: User, mailing_list: MailingList) -> None:
    subscribe(session, user, mailing_list, actor=Actor.operator())


def approvers(session: Session, people: Cast, *users: User) -> None:
    lists.set_approvers(session, people.approvers, users, actor=Actor.operator())


def grace_reads_it(session: Session, people: Cast) -> None:
    join(session, people.grace, people.announce)


def ada_reads_what_she_wrote(session: Session, people: Cast) -> None:
    a_draft(session, people)
    join(session, people.ada, people.announce)


def ada_answers_alone(session: Session, people: Cast) -> None:
    grant(session, people.ada, "sender", actor=Actor.operator())
    a_draft(session, people)
    approvers(session, people, people.ada)


def sms_is_stopped(session: Session, people: Cast) -> None:
    assert session
    for number, user in enumerate((people.grace, people.linus)):
        user.phone, user.preference = f"+3361234567{number}", Preference.SMS
        user.sms_stopped_at = now()


def nobody_is_able(session: Session, people: Cast) -> None:
    for user in (people.grace, people.linus):
        disable(session, user, actor=Actor.operator())


SET_UPS: dict[Doubt, tuple[Callable[[Session, Cast], object], list[Warned]]] = {
    Doubt.NO_DESCRIPTION: (
        lambda s, p: lists.edit_list(
            s, p.announce, lists.ListChanges(description=""), actor=Actor.operator()
        ),
        [Warned(Doubt.NO_DESCRIPTION)],
    ),
    Doubt.NO_APPROVERS: (
        lambda s, p: lists.assign_approvers(s, p.announce, None, actor=Actor.operator()),
        [Warned(Doubt.NO_APPROVERS)],
    ),
    Doubt.ALL_DISABLED: (
        nobody_is_able,
        [Warned(Doubt.ALL_DISABLED), Warned(Doubt.APPROVER_DISABLED, (GRACE, LINUS))],
    ),
    Doubt.APPROVER_DISABLED: (
        lambda s, p: disable(s, p.grace, actor=Actor.operator()),
        [Warned(Doubt.APPROVER_DISABLED, (GRACE,))],
    ),
    Doubt.APPROVER_LACKS_RIGHTS: (
        lambda _, p: p.linus.grants.clear(),
        [Warned(Doubt.APPROVER_LACKS_RIGHTS, (LINUS,))],
    ),
    Doubt.APPROVER_SUBSCRIBED: (grace_reads_it, [Warned(Doubt.APPROVER_SUBSCRIBED, (GRACE,))]),
    Doubt.AUTHOR_SUBSCRIBED: (
        ada_reads_what_she_wrote,
        [Warned(Doubt.AUTHOR_SUBSCRIBED, ("Ada Lovelace",))],
    ),
    Doubt.ONLY_APPROVER_WRITES: (
        ada_answers_alone,
        [Warned(Doubt.ONLY_APPROVER_WRITES, ("Ada Lovelace",))],
    ),
    Doubt.SMS_STOPPED: (sms_is_stopped, [Warned(Doubt.SMS_STOPPED)]),
}


def test_every_doubt_has_a_set_up_here_and_a_sentence() -> None:
    assert set(SET_UPS) == set(SENTENCES) == set(Doubt)


def test_a_sound_list_is_not_doubted(session: Session, sound: Cast) -> None:
    assert warnings_about(session, sound) == []


@pytest.mark.parametrize("doubt", Doubt)
def test_each_faulty_set_up_causes_one_warning(session: Session, sound: Cast, doubt: Doubt) -> None:
    spoil, expected = SET_UPS[doubt]

    spoil(session, sound)

    assert warnings_about(session, sound) == expected


def test_an_empty_approver_list_counts_as_none(session: Session, sound: Cast) -> None:
    approvers(session, sound)

    assert warnings_about(session, sound) == [Warned(Doubt.NO_APPROVERS)]


def test_authors_belong_on_a_discussion_list(session: Session, sound: Cast) -> None:
    ada_reads_what_she_wrote(session, sound)
    sound.announce.kind = ListKind.DISCUSSION

    assert warnings_about(session, sound) == []


def test_without_four_eyes_an_author_may_be_the_only_approver(
    session: Session, sound: Cast
) -> None:
    ada_answers_alone(session, sound)
    sound.announce.four_eyes = False

    assert warnings_about(session, sound) == []


def test_one_approver_who_is_reached_by_mail_is_enough(session: Session, sound: Cast) -> None:
    sms_is_stopped(session, sound)
    sound.linus.preference = Preference.EMAIL

    assert warnings_about(session, sound) == []


def test_the_escalation_list_is_checked_too(session: Session, sound: Cast) -> None:
    jury = lists.create_approver_list(session, "jury", [sound.edsger], actor=Actor.operator())
    lists.assign_approvers(session, sound.announce, jury, escalation=True, actor=Actor.operator())

    assert warnings_about(session, sound) == [
        Warned(Doubt.APPROVER_LACKS_RIGHTS, ("Edsger Dijkstra",)),
        Warned(Doubt.APPROVER_SUBSCRIBED, ("Edsger Dijkstra",)),
    ]


def test_an_event_on_another_list_raises_no_warning(session: Session, sound: Cast) -> None:
    join(session, sound.grace, a_list(session, "staff"))

    assert warnings_about(session, sound) == []


def test_an_archived_list_is_not_doubted(session: Session, people: Cast) -> None:
    archive.archive(session, people.announce, actor=Actor.operator())

    assert warnings_about(session, people) == []


def test_not_more_than_some_are_named(session: Session, sound: Cast) -> None:
    many = [User(address=f"a{n}@example.org", name=f"A {n}") for n in range(MAX_NAMES + 5)]
    session.add_all(many)
    approvers(session, sound, *many)

    (warned,) = warnings_about(session, sound)
    assert len(warned.names) == MAX_NAMES


def test_five_lists_take_no_more_queries_than_one(session: Session, people: Cast) -> None:
    many = [a_list(session, f"list{n}") for n in range(5)]
    for each in many:
        lists.assign_approvers(session, each, people.approvers, actor=Actor.operator())
    session.flush()
    counts = []

    for asked in ([people.announce], many):
        session.expire_all()
        _ = [each.id for each in asked]
        with counted() as statements:
            warnings_of(session, asked)
        counts.append(statements())

    assert 0 < counts[0] == counts[1] <= 10
