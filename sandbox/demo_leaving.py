"""The demo's part about leaving a list: by one POST, as mailbox providers send it, and by mail."""

import re
from email.message import EmailMessage
from typing import Final

import urllib3

from sandbox.mail_replies import deliver
from sandbox.narration import check, say, wait_for
from sandbox.stack import Stack

TIMEOUT: Final = 30.0  # seconds

ONE_CLICK: Final = "List-Unsubscribe=One-Click"  # RFC 8058, 3.1


def leave_the_list(stack: Stack, by_link: str, by_mail: str) -> None:
    """Take two members off the list announce by what their copies offer."""
    leave_by_link(copy_of(stack, by_link))
    leave_by_mail(stack, copy_of(stack, by_mail), by_mail)
    wait_for(
        lambda: not {by_link, by_mail} & {*stack.listgate("export", "announce").splitlines()},
        "neither of them is on the list any more",
    )


def leave_by_link(copy: EmailMessage) -> None:
    """Post what a mailbox provider posts when its user presses its button."""
    (url,) = re.findall(r"<(https?://[^>]+)>", str(copy["List-Unsubscribe"]))
    say(f"$ curl --data '{ONE_CLICK}' {url}")
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    with urllib3.PoolManager(timeout=TIMEOUT, retries=False) as pool:
        answer = pool.request("POST", url, body=ONE_CLICK, headers=kind, redirect=False)
    say(f"  {answer.data.decode().strip()}")
    check("it is answered with 200, without a log-in", answer.status == 200)


def leave_by_mail(stack: Stack, copy: EmailMessage, member: str) -> None:
    """Write to the address in the copy."""
    (address,) = re.findall(r"<mailto:([^?>]+)", str(copy["List-Unsubscribe"]))
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = member, address, "unsubscribe"
    deliver(mail, lmtp=stack.lmtp)
    say(f"  {member} writes to {address}")


def copy_of(stack: Stack, member: str) -> EmailMessage:
    """Return the newest copy of a message that this member has."""
    mails = [mail.message for mail in stack.mailbox.to(member)]
    return [mail for mail in mails if "List-Unsubscribe" in mail][-1]
