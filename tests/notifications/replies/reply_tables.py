"""Reads the tables of reply bodies, and makes mails of them."""

import re
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final, NamedTuple

from models import Verdict
from notifications.replies.parse import Reading

FOLDER: Final = Path(__file__).parent

VERDICTS: Final = {**{str(verdict): verdict for verdict in Verdict}, "nothing": None}

UTF_8 = (
    "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit"
)


class Said(NamedTuple):
    """The part of a Reading that decides what is done."""

    verdict: Verdict | None
    comment: str


class Row(NamedTuple):
    """A body as a mail program made it, and what it is to be understood as."""

    name: str
    expected: Said
    body: str


def said(reading: Reading) -> Said:
    """The verdict and the comment; a reply decides nothing for a reason, and only then."""
    assert (reading.verdict is None) == (reading.why is not None)
    return Said(reading.verdict, reading.comment)


def rows(table: str) -> list[Row]:
    """Return the rows of replies/<table>.txt; \\uXXXX encodes invisible characters."""
    text = (FOLDER / f"{table}.txt").read_text()
    seen = re.sub(r"\\u([0-9a-f]{4})", lambda code: chr(int(code[1], 16)), text)
    return [_row(block) for block in re.split(r"^%% ", seen, flags=re.MULTILINE)[1:]]


def _row(block: str) -> Row:
    heading, _, body = block.partition("\n")
    verdict, name, comment = (cell.strip() for cell in heading.split("|"))
    return Row(name, Said(VERDICTS[verdict], comment.replace("\\n", "\n")), body)


def as_mail(body: str, *, subtype: str = "plain") -> bytes:
    """A mail with nothing but this body."""
    mail = EmailMessage()
    mail["From"] = "Grace Hopper <grace@example.org>"
    mail["Subject"] = "Re: To approve: Spring party [announce]"
    mail.set_content(body, subtype=subtype)
    return mail.as_bytes()


def mail_of(reply: dict[str, Any]) -> bytes:
    """The reply as a mail, with the header fields that it brings or those of a simple one."""
    if "html" in reply:
        return as_mail(reply["html"], subtype="html")
    if "raw_headers" not in reply:
        return as_mail(reply["text"])
    header = reply["raw_headers"].strip("\n")
    fields = header if "MIME-Version" in header else f"{header}\n{UTF_8}"
    return f"From: Grace Hopper <grace@example.org>\n{fields}\n\n{reply['text']}".encode()
