"""Passwords and second factors: keep, change, forget; what each change ends."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models import Act, Actor, Credentials, LetterName, Right, User, record
from models.credentials import new_stamp
from workflows.access import require
from workflows.people.account_links import tell_owner, void_links


def credentials_of(session: Session, user: User) -> Credentials:
    """The person's credentials, locked; made if there are none yet."""
    session.execute(
        insert(Credentials)
        .values(user_id=user.id, session_stamp=new_stamp())
        .on_conflict_do_nothing(index_elements=[Credentials.user_id])
    )
    return session.scalars(
        select(Credentials)
        .where(Credentials.user_id == user.id)
        .with_for_update(of=Credentials)
        .execution_options(populate_existing=True)
    ).one()


def change_password(session: Session, password_hash: str, *, actor: Actor) -> None:
    """Keep the hash of a new password; all of the person's sessions and open links end."""
    user = actor.person
    kept = credentials_of(session, user)
    kept.password_hash = password_hash
    kept.session_stamp = new_stamp()
    void_links(session, user)
    tell_owner(session, user, LetterName.PASSWORD_CHANGED)
    record(session, Act.CHANGED_PASSWORD, actor=actor, user_id=user.id)


def turn_on_codes(session: Session, secret: str, *, counter: int, actor: Actor) -> None:
    """From now on a log-in needs a code, too; `counter` is the slot of the one just shown."""
    kept = credentials_of(session, actor.person)
    kept.totp_secret, kept.totp_counter = secret, counter
    record(session, Act.TURNED_ON_CODES, actor=actor, user_id=actor.person.id)


def turn_off_codes(session: Session, user: User, *, actor: Actor) -> None:
    """No more codes; an administrator does this for whoever has lost the telephone.

    Raises Trespass for somebody else's without the right to edit users.
    """
    if actor.user is not user:
        require(actor, Right.EDIT_USERS)
    kept = credentials_of(session, user)
    kept.totp_secret = kept.totp_counter = None
    record(session, Act.TURNED_OFF_CODES, actor=actor, user_id=user.id)


def note_log_in(session: Session, *, how: str, actor: Actor) -> None:
    """Put a log-in into the audit trail."""
    record(session, Act.LOGGED_IN, actor=actor, user_id=actor.person.id, how=how)
