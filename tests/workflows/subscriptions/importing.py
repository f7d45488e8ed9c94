"""Imports for tests: a file in one line, and what became of it."""

from io import BytesIO

from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Actor, Door, MailingList, Subscription, User
from workflows.subscriptions import imports
from workflows.subscriptions.imports import Imported, Report


def checked(
    session: Session, content: str | bytes, mailing_list: MailingList | None = None
) -> Report:
    """Check the file as the operator."""
    raw = content if isinstance(content, bytes) else content.encode()
    return imports.check(session, BytesIO(raw), mailing_list, actor=Actor.operator())


def imported(
    session: Session,
    content: str | bytes,
    mailing_list: MailingList,
    *,
    skip_unknown: bool = False,
    create_users: bool = False,
    by: User | None = None,
) -> Imported:
    """Import the file."""
    report = checked(session, content, mailing_list)
    return imports.import_checked(
        session,
        mailing_list,
        report,
        skip_unknown=skip_unknown,
        create_users=create_users,
        actor=Actor(by, Door.COMMAND_LINE),
    )


def first_names(session: Session, mailing_list: MailingList) -> set[str]:
    """The first names of those on the list."""
    members = select(Subscription.user_id).where(Subscription.list_id == mailing_list.id)
    found = session.scalars(select(User.name).where(User.id.in_(members)))
    return {name.split()[0] for name in found}


# What makes a file of any bytes likely to hold something of interest.
PIECES = st.sampled_from(
    [b"\n", b"\r", b" ", b"#", b"<", b">", b'"', b"\\", b"@", b"a@example.org", b"\xef\xbb\xbf"]
)

FILES = st.lists(PIECES | st.binary(max_size=3)).map(b"".join)
