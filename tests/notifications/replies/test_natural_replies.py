"""Replies in people's own words do what their writers want, or nothing."""

import tomllib
from collections import Counter
from typing import Any

from notifications.automatic.detect import is_automatic
from notifications.replies.parse import read_reply, reply_in
from tests.notifications.replies.reply_tables import FOLDER, VERDICTS, Said, mail_of, said

REPLIES: list[dict[str, Any]] = [
    reply
    for path in sorted((FOLDER / "natural").glob("*.toml"))
    for reply in tomllib.loads(path.read_text())["reply"]
]


def test_a_reply_does_what_its_writer_meant() -> None:
    misread = {}

    for reply in REPLIES:
        reading = reading_of(reply)
        expected = Said(VERDICTS[reply["verdict"]], reply.get("comment", reading.comment))
        if reading != expected:
            misread[reply["name"]] = reading

    assert misread == {}


def reading_of(reply: dict[str, Any]) -> Said:
    """Return the verdict and the comment that Listgate reads in the mail."""
    raw = mail_of(reply)
    if is_automatic(raw, "grace@example.org", own_addresses=["moderation@lists.example.org"]):
        return Said(None, "")
    return said(read_reply(raw))


def test_the_table_has_replies_of_every_kind() -> None:
    kinds = Counter(reply["kind"] for reply in REPLIES)

    assert len({reply["name"] for reply in REPLIES}) == len(REPLIES) >= 350
    limited = ("conditional", "delaying", "doubting", "self-correcting", "question")
    assert all(kinds[kind] >= 10 for kind in (*limited, "automatic", "quoted"))
    assert sum(kinds[kind] for kind in limited) >= 150


def test_an_approver_may_sign_directly_below_the_verdict() -> None:
    for line in ["Grace", "grace hopper", "Grace H.", "Hopper,"]:
        text = f"Ok\n{line}\nHead of Communications"

        assert reply_in(text, name="Grace Hopper").verdict
        assert reply_in(text, name="Linus Torvalds").verdict is None
        assert reply_in(text).verdict is None


def test_a_known_approver_signs_with_no_other_name() -> None:
    for line in ("Reluctantly", "Foto Weg", "Linus"):
        assert reply_in(f"Ok\n\n{line}", name="Grace Hopper").verdict is None
    for line in ("Grace", "Dr. Grace Hopper", "Best,\nGracie"):
        assert reply_in(f"Ok\n\n{line}", name="Grace Hopper").verdict


def test_thanks_are_no_signature() -> None:
    for text in ["ok,", "Approved\n\nThanks\nGive Ada a call", "ok\nThanks\nGive Ada a call"]:
        assert reply_in(text).verdict is None
    assert reply_in("ok,\nthanks,\nGrace").verdict
