"""A sendout during which everything fails: at most one copy each, and all are accounted for.

`make test` has a small run; `make faults` has 20,000 recipients and 31 killed workers, and prints
its seed.
"""

import os

import pytest

from sandbox.postgres import Postgres
from sandbox.valkey import Valkey
from tests.faults.fault_run import FaultRun
from tests.faults.live import LiveStack

SEED = int(os.environ.get("FAULTS_SEED", "1"))
RECIPIENTS = int(os.environ.get("FAULTS_RECIPIENTS", "200"))

SMALL = {
    "kill": 1,
    "drop_after_content": 1,
    "drop_in_content": 1,
    "stop_mail_server": 1,
    "crash_postgres": 1,
    "flush_valkey": 1,
}
LARGE = {
    "kill": 31,
    "drop_after_content": 5,
    "drop_in_content": 5,
    "stall": 3,
    "stop_mail_server": 3,
    "stop_postgres": 2,
    "crash_postgres": 3,
    "flush_valkey": 3,
    "crash_valkey": 2,
}


def test_every_recipient_is_accounted_for_after_every_fault(
    live: LiveStack,
    own_postgres: Postgres,
    own_valkey: Valkey,
    capsys: pytest.CaptureFixture[str],
) -> None:
    faults = SMALL if RECIPIENTS < 5_000 else LARGE
    run = FaultRun(live, own_postgres, own_valkey, SEED, recipients=RECIPIENTS)

    account = run.run(faults)

    if "FAULTS_SEED" in os.environ:
        with capsys.disabled():
            print(f"FAULTS_SEED={SEED} FAULTS_RECIPIENTS={RECIPIENTS}: {account}")
    assert not account.wrong, "\n".join([str(account), *account.wrong[:50]])
