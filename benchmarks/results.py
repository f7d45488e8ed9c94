"""What a benchmark has measured, and how it hands that in."""

import json
import sys
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Measured:
    """What something costs, ours and bare, in the same unit, and what it may cost at most."""

    what: str
    ours: float
    bare: float | None  # None: there is nothing to compare it to
    unit: str
    goal: float  # of the ratio, or of ours if there is no bare one

    @property
    def ratio(self) -> float | None:
        """How many times the bare operation ours takes."""
        return self.ours / self.bare if self.bare else None

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return (self.ours if self.ratio is None else self.ratio) <= self.goal


def hand_in(*measured: Measured) -> None:
    """Tell the table what was measured; a benchmark prints nothing else on stdout."""
    for each in measured:
        sys.stdout.write(json.dumps(asdict(each)) + "\n")


def handed_in(printed: str) -> list[Measured]:
    """What a benchmark has told."""
    return [Measured(**json.loads(line)) for line in printed.splitlines()]
