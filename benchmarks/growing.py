"""How much memory the workers need for a sendout to very many, above one to a few."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.results import Measured, report
from benchmarks.seeding import seed_list, seed_people, settle
from benchmarks.sending import a_message, send, workers
from sandbox.programs import Program

FEW: Final = 1_000
MANY: Final = int(os.environ.get("SENDOUT_MANY", "1_000_000"))
WARM_UP: Final = 5  # sendouts, so that every process has had its part
GOAL: Final = 50.0  # MB
KILOBYTE: Final = 1024


def main() -> None:
    """Run the benchmark and report the result."""
    seed_people(MANY)
    seed_list("few", every=MANY // FEW)
    seed_list("many", every=1)
    settle()
    with workers() as (worker,):
        for _ in range(WARM_UP):
            send(a_message("few"), FEW)
        before = peaks(worker)
        send(a_message("many"), MANY)
        grown = max(peak - before[process] for process, peak in peaks(worker).items())
    what = f"memory of a worker process for {MANY:,} recipients, above {FEW:,}"
    report(Measured(what, grown, None, "MB", GOAL))


def peaks(worker: Program) -> dict[int, float]:
    """Return the peak memory of the worker's processes in MB, by process id."""
    return {process: peak(process) for process in family(worker.process.pid)}


def family(process: int) -> Iterator[int]:
    """Yield the process, and those that it has started."""
    yield process
    children = Path(f"/proc/{process}/task/{process}/children").read_text()
    for child in children.split():
        yield from family(int(child))


def peak(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * KILOBYTE / 1e6


if __name__ == "__main__":
    main()
