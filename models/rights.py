"""What a User may do."""

from enum import IntEnum


class Right(IntEnum):
    """What a User may do, with the number the source system gives it."""

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
