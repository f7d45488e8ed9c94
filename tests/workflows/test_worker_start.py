"""A worker logs at its start which programs are missing."""

import logging

import pytest
from celery import signals

from settings import settings
from workflows import celery as workers


def test_a_worker_complains_of_a_missing_program_and_runs_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lacking = settings.model_copy(update={"maillist_sync_command": "no-program-of-this-name"})
    monkeypatch.setattr(workers, "settings", lacking)

    with caplog.at_level(logging.ERROR):
        signals.worker_init.send(sender=None)

    (said,) = caplog.messages
    assert said.startswith(
        "MAILLIST_SYNC_COMMAND runs no-program-of-this-name, which does not exist"
    )


def test_a_worker_that_has_everything_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        signals.worker_init.send(sender=None)

    assert caplog.messages == []
