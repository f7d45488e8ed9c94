"""Find the letter or the copy that a return path names; the pipe of a mail server imports this."""

from sqlalchemy.orm import Session

from models import Channel, Installation, Message, Notification, User
from notifications.mime.return_path import ReturnedCopy, ReturnedLetter, ReturnPaths


def is_return_path(session: Session, address: str) -> bool:
    """Return whether this is the return path of a letter or a copy that was sent."""
    return find_returned(session, address) is not None


def find_returned(session: Session, address: str) -> Notification | tuple[Message, User] | None:
    """Return what this return path names: a letter, or a person's copy of a message."""
    key = session.get_one(Installation, True).token_key
    match ReturnPaths(key).read(address):
        case ReturnedLetter(notification_id, mark):
            letter = session.get(Notification, notification_id)
            if letter and letter.mark == mark and letter.channel is Channel.EMAIL:
                return letter
        case ReturnedCopy(message_id, user_id, mark):
            message, user = session.get(Message, message_id), session.get(User, user_id)
            if message and user and message.mark == mark:
                return message, user
    return None
