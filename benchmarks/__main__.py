"""`make bench`: run the benchmarks; print each result, as soon as it is measured, with its goal."""

import os
import subprocess
import sys
from collections.abc import Iterator

from benchmarks.durable import DURABLE, environment
from benchmarks.results import Measured, parse
from sandbox.stack import BIN, ROOT

# Each runs in a process of its own, with servers of its own, and prints its results as JSON.
# The minutes are those of a machine with two cores.
BENCHMARKS = {
    "starting": 1,
    "importing": 3,
    "registering": 8,
    "pushing": 4,
    "changing": 2,
    "pages": 3,
    "sweeping": 1,
    "moderating": 1,
    "calling": 1,
    "sending": 3,
    "asking_meanwhile": 1,
    "growing": 6,
    "pacing": 5,
}
# Run only if named: it downloads Mailman.
OPTIONAL = {"mailman": 10}

SMALL = 0.1
ROW = "{:66} {:>11} {:>11} {:>6} {:>9}  {}"


def main() -> int:
    """Print the rows; return 1 if a goal was missed."""
    chosen = sys.argv[1:] or list(BENCHMARKS)
    settings = ", ".join(f"{key} {value}" for key, value in DURABLE.items())
    say(f"PostgreSQL: {settings}\n")
    say(ROW.format("what", "ours", "bare", "ratio", "goal", ""))
    minutes = BENCHMARKS | OPTIONAL
    missed = 0
    for number, name in enumerate(chosen, 1):
        sys.stderr.write(f"[{number} of {len(chosen)}: {name}, {minutes[name]} min]\n")
        for measured in run(name):
            say(ROW.format(*cells(measured)))
            missed += not measured.met
    return 1 if missed else 0


def say(line: str) -> None:
    """Print a line at once, to a pipe too."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def run(name: str) -> Iterator[Measured]:
    """Run one benchmark, and yield each result as soon as it is there."""
    with environment() as settings:
        environ = os.environ | settings
        subprocess.run([BIN / "listgate", "migrate"], env=environ, cwd=ROOT, check=True, stdout=2)
        command = [sys.executable, "-m", f"benchmarks.{name}"]
        with subprocess.Popen(
            command, env=environ, cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as benchmark:
            assert benchmark.stdout is not None
            yield from map(parse, benchmark.stdout)
        if benchmark.returncode:
            sys.exit(f"The benchmark {name} ended with status {benchmark.returncode}.")


def cells(measured: Measured) -> tuple[str, ...]:
    """Return a row of the table."""
    bare = "-" if measured.bare is None else f"{measured.bare:.4g} {measured.unit}"
    ratio = "-" if measured.ratio is None else rounded(measured.ratio)
    goal = f"{measured.goal:g}" if measured.ratio else f"{measured.goal:g} {measured.unit}"
    return (
        measured.what,
        f"{measured.ours:.4g} {measured.unit}",
        bare,
        ratio,
        f"≤ {goal}",
        "met" if measured.met else "MISSED",
    )


def rounded(ratio: float) -> str:
    """Return the ratio with two decimals, a small one with two significant digits."""
    return f"{ratio:.2f}" if ratio >= SMALL else f"{ratio:.2g}"


if __name__ == "__main__":
    sys.exit(main())
