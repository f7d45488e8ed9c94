"""Sync a register: who is added, changed, disabled and enabled, and what is refused."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import (
    Absence,
    Act,
    Actor,
    ActsFor,
    AuditEntry,
    Change,
    Delivery,
    DispatchState,
    ExternalId,
    Invalid,
    LinkPurpose,
    MailedLink,
    Notification,
    SelfService,
    Subscription,
    SubscriptionChange,
    SubscriptionRequest,
    SubscriptionRequestState,
    User,
)
from models.addresses import address_key, checked_address
from models.clock import now
from tests.builders import Cast, a_dispatch, person
from tests.workflows.people.registers import a_service, acting_alone, of_service, sync
from workflows.people import register_changes, register_sync, users
from workflows.people.account_links import send_link
from workflows.people.last_administrator import LastAdministrator
from workflows.people.register_lines import RefusedLine, RegisterLines, valid_address
from workflows.people.register_sync import ManyMissing, UnusableLines
from workflows.people.removal import remove_user
from workflows.subscriptions.requests import join
from workflows.subscriptions.subscribe import subscribe

OPERATOR = Actor.operator()

ADA = "1,ada@crm.example,Ada,en"
BOB = "2,bob@crm.example,Bob,de"
CLEO = "3,cleo@crm.example,Cleo,fr"


def acts(session: Session, user: User) -> list[str]:
    """Return what the audit log says was done to a person."""
    rows = select(AuditEntry.act).where(AuditEntry.about_id == user.id).order_by(AuditEntry.id)
    return [*session.scalars(rows)]


def changes(session: Session, user: User) -> list[Change]:
    """Return what the journal says about a person."""
    rows = select(SubscriptionChange.change).where(SubscriptionChange.user_id == user.id)
    return [*session.scalars(rows.order_by(SubscriptionChange.id))]


def test_a_first_sync_adds_everyone_with_one_entry_each(session: Session) -> None:
    crm = a_service(session)

    report = sync(
        session, crm, [ADA, "2, Bob@CRM.example , Bob \\ Co ,de", "ü,é@bücher.example,É,"]
    )

    people = of_service(session, crm)
    assert (report.lines, report.added, report.refused) == (3, 3, [])
    assert [(one.address, one.address_key, one.name, one.language) for one in people.values()] == [
        ("ada@crm.example", "ada@crm.example", "Ada", "en"),
        ("Bob@crm.example", "bob@crm.example", "Bob \\ Co", "de"),
        ("é@bücher.example", "é@bücher.example", "É", "en"),
    ]
    assert all(acts(session, one) == [Act.ADDED_USER] for one in people.values())
    run = session.scalars(select(AuditEntry).where(AuditEntry.act == Act.SYNCED_PEOPLE)).one()
    assert (run.actor, run.detail["register"], run.detail["added"]) == ("crm", "crm", 3)
    assert sync(session, crm, [ADA]).disabled == 2


def test_very_many_new_people_have_an_entry_together(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register_changes, "MAX_SINGLE_ENTRIES", 1)
    crm = a_service(session)

    sync(session, crm, [ADA, BOB])

    rows = select(AuditEntry.detail).where(AuditEntry.act == Act.ADDED_PEOPLE)
    recorded = [number for detail in session.scalars(rows) for number in detail["user_ids"]]
    assert sorted(recorded) == sorted(user.id for user in of_service(session, crm).values())


def test_what_has_not_changed_is_left_alone(session: Session) -> None:
    crm = a_service(session)
    sync(session, crm, [ADA, BOB])

    report = sync(session, crm, [BOB, "1,ada@crm.example,Ada,"])

    assert set(register_sync.counts(report).values()) == {0}


def test_new_names_languages_and_addresses_are_those_of_the_single_verbs(
    session: Session, people: Cast
) -> None:
    crm = a_service(session)
    sync(session, crm, [ADA, BOB])
    ada, bob = of_service(session, crm).values()
    subscribe(session, ada, people.announce, actor=OPERATOR)
    session.get_one(Subscription, (people.announce.id, ada.id)).suspended_at = now()
    send_link(session, ada, LinkPurpose.RESET)

    report = sync(session, crm, ["1,countess@crm.example,Ada,fr", "2,bob@crm.example,Robert,de"])

    assert (report.readdressed, report.edited) == (1, 2)
    assert (ada.address, ada.address_key, ada.language) == (
        *["countess@crm.example"] * 2,
        "fr",
    )
    assert acts(session, ada)[1:] == [
        Act.SUBSCRIBED,
        Act.RESUMED,
        Act.CHANGED_ADDRESS,
        Act.CHANGED_CONTACT,
    ]
    assert changes(session, ada) == [Change.JOINED, Change.RESUMED, Change.READDRESSED]
    assert session.get_one(Subscription, (people.announce.id, ada.id)).suspended_at is None
    letters = select(Notification.former_address).where(
        Notification.user_id == ada.id, Notification.link_id.is_(None)
    )
    assert {*session.scalars(letters)} == {"ada@crm.example", None}
    assert session.scalars(select(MailedLink)).one().expires_at <= now()
    entry = session.scalars(select(AuditEntry).where(AuditEntry.about_id == bob.id)).all()[-1]
    assert (entry.act, entry.detail["before"], entry.service) == (Act.CHANGED_CONTACT, "Bob", None)


def test_copies_that_wait_go_to_the_new_address(session: Session, people: Cast) -> None:
    crm = a_service(session)
    dispatch = a_dispatch(session, people)
    sync(session, crm, [f"7,{people.edsger.address},{people.edsger.name},"])
    dispatch.move(DispatchState.SENDING)
    session.add(
        Delivery(dispatch_id=dispatch.id, address=people.edsger.address, next_attempt_at=now())
    )
    session.flush()

    sync(session, crm, [f"7,ewd@crm.example,{people.edsger.name},"])

    assert session.scalars(select(Delivery.address)).all() == ["ewd@crm.example"]


def test_addresses_are_exchanged_and_handed_on_but_not_taken(session: Session) -> None:
    crm, grace = a_service(session), person(session, "Grace")
    sync(session, crm, [ADA, BOB, CLEO])

    report = sync(
        session,
        crm,
        [
            "1,bob@crm.example,Ada,en",
            "2,ada@crm.example,Bob,de",
            "3,new@crm.example,Cleo,fr",
            "4,cleo@crm.example,Dora,en",
        ],
    )
    assert (report.readdressed, report.added) == (3, 1)

    with pytest.raises(UnusableLines, match=r"cannot be used: 2 \(lines 2, 3\)"):
        sync(
            session,
            crm,
            [
                f"1,{grace.address},Ada,en",
                "2,bob@crm.example,Bob,de",  # Ada's, who keeps it
                "3,new@crm.example,Cleo,fr",
                "4,cleo@crm.example,Dora,en",
            ],
        )


def test_a_missing_person_is_disabled_as_by_hand_and_enabled_once_back(
    session: Session, people: Cast
) -> None:
    crm = a_service(session)
    sync(session, crm, [ADA, BOB, CLEO])
    _, bob, cleo = of_service(session, crm).values()
    subscribe(session, bob, people.announce, actor=OPERATOR)
    session.add_all(
        Absence(user=away, from_at=now(), until_at=now() + timedelta(days=1), zone="UTC", deputy=by)
        for away, by in ((bob, None), (people.grace, bob))
    )
    people.announce.self_service = SelfService.ON_REQUEST
    users.disable(session, cleo, actor=OPERATOR)

    report = sync(session, crm, [ADA])

    asked = select(Absence.deputy_id, Absence.due_at).order_by(Absence.id)
    assert (report.before, report.disabled, bool(bob.disabled_at)) == (2, 1, True)
    assert [deputy for deputy, _ in session.execute(asked)] == [None, None]

    back = sync(session, crm, [ADA, BOB, CLEO])

    # Who was disabled by hand stays so.
    assert (back.enabled, bob.disabled_at, bool(cleo.disabled_at)) == (1, None, True)
    assert changes(session, bob) == [Change.JOINED, Change.DISABLED, Change.ENABLED]
    assert acts(session, bob)[-2:] == [Act.DISABLED_USER, Act.ENABLED_USER]


def test_the_open_requests_of_a_missing_person_end(session: Session, people: Cast) -> None:
    crm = a_service(session)
    sync(session, crm, [ADA, BOB])
    bob = of_service(session, crm)["2"]
    people.announce.self_service = SelfService.ON_REQUEST
    join(session, bob, people.announce, actor=Actor(bob, acting_alone(crm).door))

    sync(session, crm, [ADA])

    state = session.scalars(select(SubscriptionRequest.state)).one()
    assert state is SubscriptionRequestState.WITHDRAWN


def test_the_last_administrator_stays(session: Session, people: Cast) -> None:
    crm, barbara = a_service(session), people.barbara
    sync(session, crm, [ADA, f"9,{barbara.address},{barbara.name},"])

    with pytest.raises(LastAdministrator):
        sync(session, crm, [ADA])


def test_a_service_with_people_of_its_own_changes_no_administrator(
    session: Session, people: Cast
) -> None:
    own, barbara = a_service(session, "own", ActsFor.OWN), people.barbara
    sync(session, own, [ADA])
    session.add(ExternalId(service_id=own.id, key="9", user_id=barbara.id))
    unchanged, moved = f"9,{barbara.address},{barbara.name},", f"9,b@crm.example,{barbara.name},"

    sync(session, own, [ADA, unchanged])
    with pytest.raises(UnusableLines, match="lines 3"):
        sync(session, own, [ADA, moved])
    report = sync(session, own, [moved, ADA.replace("ada@", "a@")], skip_refused=True)
    missing = sync(session, own, [ADA])

    assert report.refused == [(2, "This person may edit users: the service cannot change them.")]
    assert (report.readdressed, missing.readdressed, missing.disabled) == (1, 1, 0)
    assert (barbara.address, barbara.disabled_at) == ("barbara@example.org", None)


def test_a_service_links_known_people_only_if_it_acts_for_everyone(
    session: Session, people: Cast
) -> None:
    everyone, own = a_service(session), a_service(session, "own", ActsFor.OWN)
    line = f"1,{people.edsger.address.upper()},E. W. Dijkstra,"

    with pytest.raises(UnusableLines):
        sync(session, own, [line])
    report = sync(session, everyone, [line])

    assert (report.linked, report.added) == (1, 0)
    assert of_service(session, everyone) == {"1": people.edsger}
    assert people.edsger.name == "E. W. Dijkstra"


def test_a_register_that_lacks_many_people_is_held_until_confirmed(session: Session) -> None:
    crm = a_service(session)
    lines = [f"{n},member{n}@crm.example,Member {n},en" for n in range(40)]
    sync(session, crm, lines)

    sync(session, crm, lines[:28])  # 30 percent
    with pytest.raises(ManyMissing, match="lacks 10 of 28"):
        sync(session, crm, lines[:18])
    sync(session, crm, lines[:18], confirm=True)
    sync(session, crm, lines[:9])  # half, but fewer than ten
    for header_only in ([], [""]):
        with pytest.raises(Invalid, match="names no one"):
            sync(session, crm, header_only, confirm=True)

    enabled = [one for one in of_service(session, crm).values() if not one.disabled_at]
    assert len(enabled) == 9


def test_a_person_who_was_removed_comes_back_as_a_new_one(session: Session) -> None:
    crm = a_service(session)
    sync(session, crm, [ADA])
    removed = of_service(session, crm)["1"]
    remove_user(session, removed, actor=OPERATOR)

    assert sync(session, crm, [ADA]).added == 1
    assert of_service(session, crm)["1"] is not removed


def test_lines_that_cannot_be_used_are_named_by_number_and_left_out_if_asked(
    session: Session,
) -> None:
    crm = a_service(session)
    sync(session, crm, [ADA, BOB, CLEO])
    wrong = [
        "1,ada@crm,Ada,en",
        "2,bob@crm.example,,de",
        "3,cleo@crm.example,Cleo,nl",
        "3,other@crm.example,Cleo,fr",
        "6,six@crm.example,Six,en",
        "7,SIX@crm.example,Seven,en",
        "8,eight@crm.example",
        "9,nine@crm.example,Ren\N{REPLACEMENT CHARACTER},fr",
    ]

    with pytest.raises(UnusableLines) as refusal:
        sync(session, crm, wrong)
    report = sync(session, crm, wrong, skip_refused=True)

    assert "crm.example" not in str(refusal.value)
    assert report.refused == [
        RefusedLine(2, "This is not an e-mail address: the part after the @ sign is not a domain."),
        RefusedLine(3, "The name must be one line of text."),
        RefusedLine(4, "The language is none of en, fr and de."),
        RefusedLine(5, "An earlier line has this external_id."),
        RefusedLine(7, "An earlier line has this address."),
        RefusedLine(8, "The line has more or fewer columns than the first line."),
        RefusedLine(9, "The name is not UTF-8 text."),
    ]
    # A person whose line is refused is not missing.
    assert (report.added, report.disabled) == (1, 0)


def test_a_text_that_is_no_register_is_refused(subtests: pytest.Subtests) -> None:
    for text, sentence in [
        ("", "The first line names the columns"),
        ("external_id,address\n1,a@b.example\n", "The first line names the columns"),
        ("external_id,address,name,rank\n", "The first line names the columns"),
        ("external_id,address,name,name\n", "The first line names the columns"),
        ("external_id,address,name\n,a@b.example,Ada\n", "Line 2 has no external_id"),
        ('external_id,address,name\n1,a@b.example,"Ada\n', "Line 2 is not CSV"),
    ]:
        with subtests.test(text=text), pytest.raises(Invalid, match=sentence):
            [*RegisterLines().people(text.splitlines(keepends=True))]


def test_spreadsheets_write_semicolons_quotes_and_a_byte_order_mark() -> None:
    text = '\ufeff"name";"address";"external_id"\r\n"Ada; Countess";a@b.example;1\r\n\r\n'

    (line,) = RegisterLines().people(text.splitlines(keepends=True))

    assert line == (2, "1", "a@b.example", "Ada; Countess", "")


LOCAL_PARTS = st.text("aB1.+-_#é \"'", max_size=70) | st.sampled_from(["INFO", "Postmaster"])
DOMAINS = st.sampled_from(
    ["example.org", "Example.ORG", "bücher.example", "xn--bcher-kva.example", "a.b", "local", ""]
) | st.text("aB1.-", max_size=12)


@given(LOCAL_PARTS, DOMAINS)
def test_the_short_way_to_an_address_leads_where_the_long_one_does(local: str, domain: str) -> None:
    written = f"{local}@{domain}"
    try:
        expected = checked_address(written)
    except Invalid as reason:
        with pytest.raises(Invalid, match=f"^{reason.sentence[:20]}"):
            valid_address(written)
    else:
        assert valid_address(written) == expected


KEYS = st.sampled_from("abcdef")
ADDRESSES = st.sampled_from(["u@x.example", "V@x.example", "v@x.example", "w@x.example", "no"])
FEEDS = st.lists(
    st.tuples(KEYS, ADDRESSES, st.sampled_from(["Ann", "Ben"])), min_size=1, max_size=6
)


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(FEEDS, min_size=2, max_size=3))
def test_after_a_sync_the_people_of_the_service_are_those_of_the_register(
    session: Session, feeds: list[list[tuple[str, str, str]]]
) -> None:
    with session.begin_nested() as undo:
        crm = a_service(session, f"crm{id(feeds)}")
        for feed in feeds:
            lines = [f"{key},{address},{name}," for key, address, name in feed]
            refused = {line - 2 for line, _ in sync(session, crm, lines, skip_refused=True).refused}
            used = {row[0]: row for number, row in enumerate(feed) if number not in refused}
            found = of_service(session, crm)
            enabled = {key: one for key, one in found.items() if not one.disabled_at}
            assert {
                key: (key, one.address, one.name) for key, one in enabled.items() if key in used
            } == used
            assert enabled.keys() <= {key for key, _, _ in feed}
            assert all(one.address_key == address_key(one.address) for one in found.values())
        undo.rollback()
