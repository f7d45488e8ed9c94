"""Contact details: channels, language, phone number."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import Actor, Channel, Door, Invalid, Language, Preference, Trespass
from models.clock import now
from tests.builders import Cast
from workflows.people.contacts import ContactChanges, change_contact

NUMBER = "+33 6 12 34 56 78"


def test_a_number_is_kept_in_its_normal_form(session: Session, people: Cast) -> None:
    change_contact(session, people.grace, ContactChanges(phone=NUMBER), actor=Actor.operator())

    assert people.grace.phone == "+33612345678"


@pytest.mark.parametrize("phone", ["0612345678", "+33 6", "grace", "+1 555 CALL-NOW", "+99912345"])
def test_an_invalid_number_is_refused(session: Session, people: Cast, phone: str) -> None:
    with pytest.raises(Invalid):
        change_contact(session, people.grace, ContactChanges(phone=phone), actor=Actor.operator())

    assert people.grace.phone is None


def test_a_number_belongs_to_one_person(session: Session, people: Cast) -> None:
    change_contact(session, people.grace, ContactChanges(phone=NUMBER), actor=Actor.operator())

    with pytest.raises(Invalid, match="Another user"):
        change_contact(session, people.linus, ContactChanges(phone=NUMBER), actor=Actor.operator())


def test_sms_without_a_number_is_refused(session: Session, people: Cast) -> None:
    with pytest.raises(Invalid, match="no telephone number"):
        change_contact(
            session, people.grace, ContactChanges(preference=Preference.SMS), actor=Actor.operator()
        )


@pytest.mark.parametrize(
    ("preference", "channels"),
    [
        (Preference.EMAIL, (Channel.EMAIL,)),
        (Preference.SMS, (Channel.SMS,)),
        (Preference.BOTH, (Channel.EMAIL, Channel.SMS)),
    ],
)
def test_letters_travel_as_the_person_wants(
    session: Session, people: Cast, preference: Preference, channels: tuple[Channel, ...]
) -> None:
    grace = people.grace

    change_contact(
        session,
        grace,
        ContactChanges(phone=NUMBER, preference=preference),
        actor=Actor(grace, Door.PORTAL),
    )

    assert grace.channels == channels


def test_a_user_who_sent_stop_gets_letters_by_mail(session: Session, people: Cast) -> None:
    grace = people.grace
    change_contact(
        session,
        grace,
        ContactChanges(phone=NUMBER, preference=Preference.SMS),
        actor=Actor(grace, Door.PORTAL),
    )

    grace.sms_stopped_at = now()

    assert grace.channels == (Channel.EMAIL,)


def test_a_field_that_is_not_given_is_unchanged(session: Session, people: Cast) -> None:
    grace = people.grace
    change_contact(
        session,
        grace,
        ContactChanges(phone=NUMBER, language=Language.FRENCH),
        actor=Actor(grace, Door.PORTAL),
    )

    change_contact(
        session, grace, ContactChanges(preference=Preference.BOTH), actor=Actor(grace, Door.PORTAL)
    )

    assert (grace.language, grace.phone) == (Language.FRENCH, "+33612345678")


def test_a_member_cannot_change_the_contact_of_another(session: Session, people: Cast) -> None:
    with pytest.raises(Trespass, match="EDIT_USERS"):
        change_contact(
            session,
            people.grace,
            ContactChanges(phone=NUMBER),
            actor=Actor(people.linus, Door.PORTAL),
        )


def test_the_database_takes_no_other_form_of_a_number(session: Session, people: Cast) -> None:
    with pytest.raises(IntegrityError, match="e164"):
        session.execute(text(f"update \"user\" set phone = '0612' where id = {people.ada.id}"))
