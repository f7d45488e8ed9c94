"""Replies that the grammar was not tuned to: most are understood, none is decided wrongly."""

import tomllib
from typing import Any

from notifications.replies.parse import read_reply
from tests.notifications.replies.reply_tables import FOLDER, VERDICTS, mail_of

REPLIES: list[dict[str, Any]] = tomllib.loads((FOLDER / "second_set.toml").read_text())["reply"]


def is_right(reply: dict[str, Any]) -> bool:
    """Return whether the reply does what its writer meant."""
    reading = read_reply(mail_of(reply), name=reply.get("approver", "Grace Hopper"))
    right_comment = reading.comment == reply.get("comment", reading.comment)
    return reading.verdict is VERDICTS[reply["verdict"]] and right_comment


def test_no_reply_is_decided_wrongly() -> None:
    limited = [reply for reply in REPLIES if reply["verdict"] == "nothing"]

    assert len(limited) >= 30
    assert [reply["name"] for reply in limited if not is_right(reply)] == []


def test_clear_replies_are_understood() -> None:
    clear = [reply for reply in REPLIES if reply["verdict"] != "nothing"]
    understood = [reply["name"] for reply in clear if is_right(reply)]

    assert len(clear) >= 30
    assert len(understood) >= 0.85 * len(clear)
