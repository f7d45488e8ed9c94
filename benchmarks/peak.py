"""Push a list, and again after a change, and print the peak memory of the process in MB."""

import sys
from pathlib import Path

from benchmarks.pushing import leave, push

KILOBYTE = 1024


def main() -> None:
    """Push the list named on the command line."""
    (name,) = sys.argv[1:]
    push(name)
    leave(name, 10)
    push(name)
    sys.stdout.write(f"{peak():.1f}\n")


def peak() -> float:
    """Return the peak memory of this process; getrusage() would count its parent's too."""
    status = Path("/proc/self/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * KILOBYTE / 1e6


if __name__ == "__main__":
    main()
