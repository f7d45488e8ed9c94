"""The results of a benchmark, reported as JSON lines."""

import json
import sys
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Measured:
    """One result: the cost of Listgate (`ours`) and of plain SQL (`bare`), and its limit."""

    what: str
    ours: float
    bare: float | None  # None: no comparison
    unit: str
    goal: float  # for the ratio; without a comparison, for ours

    @property
    def ratio(self) -> float | None:
        """`ours` divided by `bare`."""
        return self.ours / self.bare if self.bare else None

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return (self.ours if self.ratio is None else self.ratio) <= self.goal


def report(*measured: Measured) -> None:
    """Print results to stdout, where a benchmark prints nothing else."""
    for each in measured:
        sys.stdout.write(json.dumps(asdict(each)) + "\n")
    sys.stdout.flush()


def parse(line: str) -> Measured:
    """Parse a line of report()."""
    return Measured(**json.loads(line))
