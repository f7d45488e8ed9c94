"""What a User may do, and where."""

from enum import IntEnum
from typing import Final


class Right(IntEnum):
    """What a User may do, with the number the source system gives it.

    Numbers from 9000 on are Listgate's own; the source system has none there.
    """

    EDIT_LISTS = 402
    VIEW_LISTS = 404
    SEND_MESSAGES = 601
    VIEW_OUTBOX = 605
    SCHEDULE_SENDOUT = 618
    EDIT_USERS = 2000
    VIEW_USERS = 2001
    USE_APPROVER_LISTS = 2309
    CREATE_APPROVER_LISTS = 2310
    EDIT_APPROVER_LISTS = 2311
    DELETE_APPROVER_LISTS = 2312
    WRITE_MESSAGES = 9601


# The rights that concern one list.  The others have no effect in a role that is granted on a list.
LIST_RIGHTS: Final = frozenset(
    {
        Right.EDIT_LISTS,
        Right.VIEW_LISTS,
        Right.SEND_MESSAGES,
        Right.VIEW_OUTBOX,
        Right.SCHEDULE_SENDOUT,
        Right.USE_APPROVER_LISTS,
        Right.WRITE_MESSAGES,
    }
)
