"""Timing: Listgate's operation and the plain one, alternately."""

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Final

# Measurements of each operation; the median is the result.
ROUNDS: Final = 3


def seconds(operation: Callable[[], object]) -> float:
    """Return the duration of the operation."""
    began = perf_counter()
    operation()
    return perf_counter() - began


def in_turn(
    ours: Callable[[int], float], bare: Callable[[int], float], rounds: int = ROUNDS
) -> tuple[float, float]:
    """Return the medians of both, measured alternately, so that a busy machine affects both.

    Each gets the number of the round, and returns its duration.
    """
    taken = [(ours(number), bare(number)) for number in range(rounds)]
    return median(each for each, _ in taken), median(each for _, each in taken)
