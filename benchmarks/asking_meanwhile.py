"""How soon an approver gets the letter about a request while a sendout runs.

Letters and copies have workers of their own, as in production, and share the machine.  A letter is
asked for a fifth of a second after the one before it has come.
"""

import threading
import time
from functools import partial
from statistics import quantiles
from typing import Final

from benchmarks.measuring import seconds
from benchmarks.moderating import a_draft, a_moderated_list, a_worker, ask_and_wait
from benchmarks.results import Measured, report
from benchmarks.seeding import seed_list, seed_people, settle
from benchmarks.sending import COPIES, a_message, send, workers
from sandbox.mailbox import Mailbox

DRAFTS: Final = 1000  # more than are asked about
PAUSE: Final = 0.2  # seconds
GOAL: Final = 1000.0  # ms, the 99th of 100


def main() -> None:
    """Run the benchmark and report the result."""
    seed_people(COPIES)
    a_moderated_list()
    seed_list("sendout", every=1)
    settle()
    with Mailbox() as mailbox, a_worker(mailbox, "--queues=moderation,letters"), workers():
        ask_and_wait(a_draft(), mailbox)  # the first one takes longer
        taken = asked_during_a_sendout(mailbox)
    slow = quantiles(taken, n=100)[-1]
    what = f"p99 of {len(taken)} letters during a sendout to {COPIES:,}"
    report(Measured(what, slow, None, "ms", GOAL))


def asked_during_a_sendout(mailbox: Mailbox) -> list[float]:
    """Ask until the sendout has ended; return the milliseconds that each letter took."""
    drafts = iter([a_draft() for _ in range(DRAFTS)])
    sending = threading.Thread(target=send, args=(a_message("sendout"), COPIES))
    taken: list[float] = []
    sending.start()
    while sending.is_alive():
        taken.append(seconds(partial(ask_and_wait, next(drafts), mailbox)) * 1000)
        time.sleep(PAUSE)
    return taken


if __name__ == "__main__":
    main()
