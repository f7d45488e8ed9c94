"""Mail links for logging in, setting a password and confirming an address; each works once."""

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    Channel,
    LetterName,
    LinkPurpose,
    MailedLink,
    Notification,
    Refusal,
    Right,
    Unknown,
    User,
    record,
)
from models.clock import now
from notifications.letters.keys import Keys, hashed
from workflows.access import require

LETTERS = {
    LinkPurpose.LOG_IN: LetterName.LOG_IN,
    LinkPurpose.RESET: LetterName.RESET,
    LinkPurpose.INVITATION: LetterName.INVITATION,
    LinkPurpose.ADDRESS: LetterName.CONFIRM_ADDRESS,
}

# People wait for a link that they ask for; an invitation may arrive during a holiday.
LIFETIMES = {
    LinkPurpose.LOG_IN: timedelta(minutes=15),
    LinkPurpose.RESET: timedelta(minutes=15),
    LinkPurpose.INVITATION: timedelta(days=14),
    LinkPurpose.ADDRESS: timedelta(hours=24),
}


class LinkOver(Refusal):
    """The link was used or has expired."""


def send_link(
    session: Session, user: User, purpose: LinkPurpose, *, new_address: str | None = None
) -> None:
    """Mail the person a link, whatever their preference; a disabled person gets none."""
    if user.disabled_at:
        return
    link = MailedLink(
        user=user, purpose=purpose, new_address=new_address, expires_at=now() + LIFETIMES[purpose]
    )
    session.add(Notification(letter=LETTERS[purpose], channel=Channel.EMAIL, user=user, link=link))


def invite(session: Session, user: User, *, actor: Actor) -> None:
    """Mail an invitation, with a link to choose a password; it may be sent again."""
    require(actor, Right.EDIT_USERS)
    send_link(session, user, LinkPurpose.INVITATION)
    record(session, Act.INVITED, actor=actor, user_id=user.id)


def void_links(session: Session, user: User) -> None:
    """Expire every unused link of the person."""
    session.execute(
        update(MailedLink)
        .where(MailedLink.user_id == user.id, MailedLink.used_at.is_(None))
        .values(expires_at=func.least(MailedLink.expires_at, now()))
    )


def notify_owner(
    session: Session,
    user: User,
    letter: LetterName,
    *,
    former_address: str | None = None,
    **detail: object,
) -> None:
    """Mail the person what changed about their account, in case someone else did it."""
    if not user.disabled_at:
        session.add(
            Notification(
                letter=letter,
                channel=Channel.EMAIL,
                user=user,
                former_address=former_address,
                detail=detail,
            )
        )


def link_by_token(session: Session, token: str, keys: Keys) -> MailedLink:
    """Return the link; raises LinkOver, and Unknown, also if its owner is disabled.

    A token that the present SECRET_KEY does not derive is unknown: a new key voids old links.
    """
    link = session.scalar(select(MailedLink).where(MailedLink.token_hash == hashed(token)))
    if link is None or link.user.disabled_at or keys.mailed_token(link.id) != token:
        raise Unknown("This link is unknown.")
    if link.over:
        raise LinkOver("This link has been used or has expired. Please ask for a new one.")
    return link


def use_link(session: Session, token: str, keys: Keys) -> MailedLink:
    """Use the link up; raises like `link_by_token`, for the second of two uses at once too."""
    link = link_by_token(session, token, keys)
    session.refresh(link, with_for_update=True)
    if link.over:
        raise LinkOver("This link has been used or has expired. Please ask for a new one.")
    link.used_at = now()
    return link
