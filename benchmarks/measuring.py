"""The clock: ours and the bare operation, in turn."""

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Final

# Each operation is measured so often, in turn with what it is compared to; the median counts.
ROUNDS: Final = 3


def seconds(operation: Callable[[], object]) -> float:
    """How long it takes."""
    began = perf_counter()
    operation()
    return perf_counter() - began


def in_turn(
    ours: Callable[[int], float], bare: Callable[[int], float], rounds: int = ROUNDS
) -> tuple[float, float]:
    """The medians of both, measured in turn, so that a busy machine is unkind to both.

    Each is given the number of the round, and returns what it took.
    """
    taken = [(ours(number), bare(number)) for number in range(rounds)]
    return median(each for each, _ in taken), median(each for _, each in taken)
