"""A note: how far a lane is with its batch, as it travels to Redis (notebook.py)."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple, Self

NO_OTHERS: Mapping[int, tuple[str, str]] = MappingProxyType({})


class Note(NamedTuple):
    """The progress of one batch; deliveries are sent in the order of their ids."""

    answered: int = 0  # the id of the last delivery whose outcome is known
    offered: int = 0  # the id of the last delivery that may have left
    # By id: the state and a sentence, of answered deliveries that are not SENT.
    others: Mapping[int, tuple[str, str]] = NO_OTHERS

    def text(self) -> bytes:
        others = json.dumps(self.others) if self.others else "{}"
        return f"{self.answered} {self.offered} {others}".encode()

    @classmethod
    def read(cls, text: bytes) -> Self:
        answered, offered, others = text.decode().split(" ", 2)
        states = {int(key): (state, why) for key, (state, why) in json.loads(others).items()}
        return cls(int(answered), int(offered), states)
