"""Reads the tables of reply bodies, and makes mails of them."""

import re
from email.message import EmailMessage
from pathlib import Path
from typing import Final, NamedTuple

from models import Verdict
from notifications.replies.parse import Reply

FOLDER: Final = Path(__file__).parent

_VERDICTS = {"approved": Verdict.APPROVED, "rejected": Verdict.REJECTED, "nothing": None}


class Row(NamedTuple):
    """A body as a mail program made it, and what it is to be understood as."""

    name: str
    expected: Reply
    body: str


def rows(table: str) -> list[Row]:
    """Those of replies/<table>.txt; \\uXXXX stands for what could not be seen there."""
    text = (FOLDER / f"{table}.txt").read_text()
    seen = re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), text)
    return [_row(block) for block in re.split(r"^%% ", seen, flags=re.MULTILINE)[1:]]


def _row(block: str) -> Row:
    heading, _, body = block.partition("\n")
    verdict, name, comment = (cell.strip() for cell in heading.split("|"))
    expected = Reply(_VERDICTS[verdict], comment.replace("\\n", "\n"))
    return Row(name, expected, body)


def as_mail(body: str, *, subtype: str = "plain") -> bytes:
    """A mail with nothing but this body."""
    mail = EmailMessage()
    mail["From"] = "Grace Hopper <grace@example.org>"
    mail["Subject"] = "Re: To approve: Spring party [announce]"
    mail.set_content(body, subtype=subtype)
    return mail.as_bytes()
