"""Lists to which no message goes without the approval of a second person, not even with Right 601.

What was scheduled before a list got this rule is sent; but no person makes it send more.
"""

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Decision, Dispatch, MailingList, Message, Refusal


class NeedsSecondPerson(Refusal):
    """The list requires an approval by another person than the author."""


def require_sends_alone(mailing_list: MailingList) -> None:
    """Raise NeedsSecondPerson if the list requires the approval of a second person."""
    if mailing_list.second_person:
        raise NeedsSecondPerson(
            "Each message to the list %(list)s needs the approval of a second person: request it.",
            list=mailing_list,
        )


def require_second_person(session: Session, message: Message, dispatch: Dispatch) -> None:
    """Raise NeedsSecondPerson if the list requires one and only the author released the message.

    The operator and the system obey it, too: the rule is about the list, not about who acts.
    """
    if not message.mailing_list.second_person:
        return
    approved = select(Decision.request_id).where(
        Decision.request_id == dispatch.request_id, Decision.approver_id != message.author_id
    )
    if session.scalar(approved) is None:
        raise NeedsSecondPerson(
            "No second person has approved message %(number)d, and the list %(list)s requires it "
            "now. Copy the message and request approval.",
            number=message.id,
            list=message.mailing_list,
        )
