"""`make bench`: run the benchmarks; print each result beside plain SQL and its goal."""

import os
import subprocess
import sys

from rich.console import Console
from rich.table import Table

from benchmarks.durable import DURABLE, environment
from benchmarks.results import Measured, parse_report
from sandbox.stack import BIN, ROOT

# Each runs in a process of its own, with servers of its own, and prints its results as JSON.
BENCHMARKS = ("importing", "pushing", "changing", "pages")


def main() -> int:
    """Print the table; return 1 if a goal was missed."""
    chosen = sys.argv[1:] or BENCHMARKS
    measured = [each for name in chosen for each in run(name)]
    table = Table("what", "ours", "bare", "ratio", "goal", "", box=None, header_style="bold")
    for each in measured:
        table.add_row(*cells(each))
    console = Console(highlight=False)
    console.print(table)
    console.print("PostgreSQL:", ", ".join(f"{key} {value}" for key, value in DURABLE.items()))
    return 0 if all(each.met for each in measured) else 1


def run(name: str) -> list[Measured]:
    """Run one benchmark and return its results."""
    with environment() as settings:
        environ = os.environ | settings
        subprocess.run([BIN / "listgate", "migrate"], env=environ, cwd=ROOT, check=True, stdout=2)
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}"],
            env=environ,
            cwd=ROOT,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
    return parse_report(done.stdout)


def cells(measured: Measured) -> tuple[str, ...]:
    """Return a row of the table."""
    bare = "-" if measured.bare is None else f"{measured.bare:.4g} {measured.unit}"
    ratio = "-" if measured.ratio is None else f"{measured.ratio:.2f}"
    goal = f"{measured.goal:g}" if measured.ratio else f"{measured.goal:g} {measured.unit}"
    return (
        measured.what,
        f"{measured.ours:.4g} {measured.unit}",
        bare,
        ratio,
        f"≤ {goal}",
        "met" if measured.met else "MISSED",
    )


if __name__ == "__main__":
    sys.exit(main())
