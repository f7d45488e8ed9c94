"""A template of the operator's that fails: ours is used, and one audit entry says so."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Act, AuditEntry, LetterName
from notifications.letters.delivery import deliver
from sandbox.mailbox import Mailbox
from tests.builders import Cast, a_letter
from tests.letter_context import a_context
from tests.log_lines import events_of


@pytest.mark.parametrize("written", ["{% if %}", "{{ 1 / 0 }}"])
def test_an_own_template_that_fails_is_replaced_by_ours_and_reported_once(
    session: Session, people: Cast, mailbox: Mailbox, tmp_path: Path, written: str
) -> None:
    (tmp_path / LetterName.MODERATE).mkdir()
    (tmp_path / LetterName.MODERATE / "body.txt").write_text(written)
    context = replace(a_context(mailbox), templates_dir=tmp_path)
    letters = [a_letter(session, people) for _ in range(2)]

    with events_of("notifications.letters.broken_templates") as logged:
        delivered = [deliver(session, letter, context) for letter in letters]

    assert delivered == [True, True]
    assert all(b"Ada Lovelace" in mail.content for mail in mailbox.mails)
    (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.act == Act.FELL_BACK))
    assert entry.detail["template"] == f"{LetterName.MODERATE}/body.txt"
    assert logged == ["error: own template failed, ours was used"]
