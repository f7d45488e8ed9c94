"""Change passwords and second factors; a new password ends all sessions and links."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models import Act, Actor, Credentials, LetterName, Right, User, record
from models.credentials import new_stamp
from workflows.access import require
from workflows.people.account_links import notify_owner, void_links
from workflows.people.recovery_codes import void_recovery_codes
from workflows.people.sessions import end_all_sessions


def credentials_of(session: Session, user: User) -> Credentials:
    """Return the person's credentials, locked; create them if there are none."""
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


def credentials_with_stamp(session: Session, stamp: str) -> Credentials | None:
    """Return the credentials with this session stamp, or None."""
    return session.scalar(select(Credentials).where(Credentials.session_stamp == stamp))


def change_password(session: Session, password_hash: str, *, actor: Actor) -> None:
    """Store the hash of a new password; end all of the person's sessions and unused links."""
    user = actor.person
    credentials = credentials_of(session, user)
    credentials.password_hash = password_hash
    credentials.session_stamp = new_stamp()
    end_all_sessions(session, user)
    void_links(session, user)
    notify_owner(session, user, LetterName.PASSWORD_CHANGED)
    record(session, Act.CHANGED_PASSWORD, actor=actor, user_id=user.id)


def turn_on_codes(session: Session, secret: str, *, counter: int, actor: Actor) -> None:
    """Require a code at log-in; `counter` is the time step of the code just entered."""
    credentials = credentials_of(session, actor.person)
    credentials.totp_secret, credentials.totp_counter = secret, counter
    record(session, Act.TURNED_ON_CODES, actor=actor, user_id=actor.person.id)


def turn_off_codes(session: Session, user: User, *, actor: Actor) -> None:
    """Stop requiring codes; an administrator does this for a person who has lost their phone.

    Raises Trespass for another person without the right to edit users.
    """
    if actor.user is not user:
        require(actor, Right.EDIT_USERS)
    credentials = credentials_of(session, user)
    credentials.totp_secret = credentials.totp_counter = None
    void_recovery_codes(session, user)
    record(session, Act.TURNED_OFF_CODES, actor=actor, user_id=user.id)


def note_log_in(session: Session, *, how: str, actor: Actor) -> None:
    """Add a log-in to the audit log."""
    record(session, Act.LOGGED_IN, actor=actor, user_id=actor.person.id, how=how)
