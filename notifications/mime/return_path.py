"""The envelope sender of one letter or copy, with a token that says which one came back (VERP)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from models.addresses import detail_of, with_detail
from models.ids import MAX_ID
from notifications.mime.sealed_ids import SealedIds

_PURPOSE: Final = "return path"

# A mark (models/installation.py) has 48 bits.  In a token of a copy each number has half of them,
# after the id; the highest bit of the first number tells a copy from a letter.
_MARK_BITS: Final = 48
_HALF: Final = _MARK_BITS // 2
_LOW: Final = (1 << _HALF) - 1
_IS_COPY: Final = 1 << 63
_MAX_MESSAGE_ID: Final = (1 << 63 - _HALF) - 1
_MAX_USER_ID: Final = (1 << 64 - _HALF) - 1


@dataclass(frozen=True)
class ReturnedLetter:
    """A token names this letter.  It is genuine only if the row has this mark."""

    notification_id: int
    mark: str | None


@dataclass(frozen=True)
class ReturnedCopy:
    """A token names this person's copy of a message.  It is genuine only if both rows exist, and
    the message has this mark.
    """

    message_id: int
    user_id: int
    mark: str | None


class ReturnPaths:
    """Makes and reads return paths; `key` is that of the installation, so SECRET_KEY may change.

    Without `tokens`, every letter and copy has the plain envelope sender.
    """

    def __init__(self, key: bytes, envelope_sender: str = "", *, tokens: bool = True) -> None:
        self._sealed = SealedIds(key, _PURPOSE)
        self._plain = envelope_sender
        self.tokens = tokens and bool(envelope_sender)

    def of_letter(self, notification_id: int, mark: str | None) -> str:
        """Return the envelope sender of a letter."""
        return self._with_token(notification_id, _number(mark))

    def of_copies(self, message_id: int, mark: str | None) -> Callable[[int], str]:
        """Return the function from a user's id to the envelope sender of their copy."""
        bits = _number(mark)
        first, low = _IS_COPY | message_id << _HALF | bits >> _HALF, bits & _LOW

        def of_copy(user_id: int) -> str:
            if message_id > _MAX_MESSAGE_ID or user_id > _MAX_USER_ID:
                return self._plain
            return self._with_token(first, user_id << _HALF | low)

        return of_copy

    def read(self, address: str) -> ReturnedLetter | ReturnedCopy | None:
        """Return what the token in this address names, or None if there is no token of ours.

        Mail servers may change the case of an address.
        """
        opened = self._sealed.open(detail_of(address))
        if opened is None:
            return None
        first, second = opened
        if first & _IS_COPY:
            mark = _mark((first & _LOW) << _HALF | second & _LOW)
            return ReturnedCopy((first ^ _IS_COPY) >> _HALF, second >> _HALF, mark)
        if 0 < first <= MAX_ID and second >> _MARK_BITS == 0:
            return ReturnedLetter(first, _mark(second))
        return None

    def _with_token(self, first: int, second: int) -> str:
        if not self.tokens:
            return self._plain
        return with_detail(self._plain, self._sealed.seal(first, second))


def _number(mark: str | None) -> int:
    return int(mark, 16) if mark else 0


def _mark(number: int) -> str | None:
    """Return the mark as its row has it; a row from before marks has none."""
    return f"{number:0{_MARK_BITS // 4}x}" if number else None
