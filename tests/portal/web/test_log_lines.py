"""No address, number, key or text from outside is in any log line (P11)."""

import json
import logging
import smtplib
from collections.abc import Callable

import pytest

from tests.log_lines import Lines, configure
from tests.portal.doors import GRACE, Doors, code_in, link

__all__ = ["configure"]

PRIVATE = ["@", "33612", "612345678", "Grace", "General assembly", "please come", "private"]


@pytest.fixture
def debug(
    configure: Callable[[str, str], Lines], monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Lines]:
    """Log at the lowest level, libraries too; return a function that returns what was logged."""

    def begin() -> Lines:
        monkeypatch.setattr(logging.getLogger("mail.log"), "disabled", False)
        return configure("DEBUG", "json")

    return begin


def test_mails_and_sms_leave_no_trace(doors: Doors, debug: Callable[[], Lines]) -> None:
    lines = debug()
    logging.getLogger("a.library").debug("a debug line")
    doors.ask()
    code = code_in(doors.phone.to(GRACE)[-1].body)
    (letter,) = doors.mailbox.to("grace@example.org")
    reply_address = str(letter.message["Reply-To"])
    mail = b"From: Grace <grace@example.org>\r\n\r\nprivate, and not understood\r\n"

    doors.hand_over(mail, sender="grace@example.org", recipient=reply_address)
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        doors.hand_over(mail, sender="grace@example.org", recipient="private@example.org")
    with smtplib.LMTP("127.0.0.1", doors.lmtp_port) as client:
        client.docmd("private grace@example.org")
    doors.phone.fail(2)
    doors.phone.text(GRACE, f"NO {int(code) + 1:06} private")
    doors.phone.text(GRACE, f"NO {code} private")
    doors.phone.report(doors.phone.to(GRACE)[0].sid, "undelivered", code=30003)
    doors.work()

    said = "\n".join(lines())
    assert "a debug line" in said
    keys = [code, reply_address.partition("+")[2].partition("@")[0]]
    assert [word for word in (*PRIVATE, *keys) if word in said] == []


def test_a_page_that_fails_is_logged_without_its_key(
    doors: Doors, debug: Callable[[], Lines], monkeypatch: pytest.MonkeyPatch
) -> None:
    doors.ask()
    path = link(doors)
    monkeypatch.setattr("portal.moderation.link.keys_for", lambda _: 1 / 0)
    lines = debug()

    assert doors.get(path).status == 500

    said = "\n".join(lines())
    assert path.rpartition("/")[2] not in said
    (line,) = (line for line in map(json.loads, said.splitlines()) if line["level"] == "error")
    assert (line["event"], line["page"]) == ("page failed", "moderation.show")
    assert line["exception"][0]["exc_type"] == "ZeroDivisionError"
