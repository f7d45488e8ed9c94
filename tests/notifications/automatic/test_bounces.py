"""A bounce says which letter did not arrive, and whether it was refused or delayed."""

from pathlib import Path

import pytest

from notifications.automatic.bounces import Action, Bounce, failed_recipient
from tests.notifications.replies.reply_tables import FOLDER, as_mail

BOUNCES = sorted((FOLDER / "bounces").glob("*.eml"))

PEOPLE = sorted((FOLDER / "automatic").glob("PERSON--*.eml"))

LETTER = "<notification.12@lists.example.org>"


@pytest.mark.parametrize("path", BOUNCES, ids=lambda path: path.stem)
def test_a_bounce_is_read_with_action_status_and_letter(path: Path) -> None:
    action, _, status = path.name.partition("--")[0].partition("-")
    letter = None if path.stem.endswith("-no-id") else LETTER

    found = failed_recipient(path.read_bytes())

    assert found == (None if action == "NONE" else Bounce(Action(action), status, letter))


@pytest.mark.parametrize("path", PEOPLE, ids=lambda path: path.stem)
def test_a_mail_from_a_person_is_no_bounce(path: Path) -> None:
    assert failed_recipient(path.read_bytes()) is None


def test_a_reply_that_quotes_a_bounce_is_none() -> None:
    raw = as_mail("ok\n\n> Undelivered Mail Returned to Sender\n> Status: 5.1.1\n")

    assert failed_recipient(raw) is None


@pytest.mark.parametrize("path", BOUNCES, ids=lambda path: path.stem)
def test_a_truncated_bounce_is_read_as_far_as_it_goes(path: Path) -> None:
    raw = path.read_bytes()

    for end in range(0, len(raw), 97):
        found = failed_recipient(raw[:end])
        assert found is None or found.message_id in {None, LETTER}
