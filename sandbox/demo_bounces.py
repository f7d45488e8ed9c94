"""The demo's part about a copy that comes back: the subscription is suspended, then resumed."""

from email import message_from_string, policy
from typing import Final

from sandbox.mail_replies import deliver
from sandbox.mail_store import Mail
from sandbox.narration import check, run, say, wait_for
from sandbox.stack import Stack

# What a mail server sends to the envelope sender of a mail that it cannot deliver (RFC 3464).
REPORT: Final = """\
From: Mail Delivery System <MAILER-DAEMON@mail.example.org>
To: {sender}
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=report

--report
Content-Type: text/plain; charset=utf-8

The account {recipient} does not exist.

--report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1

--report--
"""


def return_a_copy(stack: Stack, member: str) -> None:
    """Return a member's copy as undeliverable, and resume the subscription that it suspends."""
    copies = stack.mailbox.to(member)
    check("each copy has an envelope sender of its own", len({each.sender for each in copies}) > 1)
    report_failure(stack, copies[-1], member)
    wait_for(
        lambda: member in stack.listgate("suspensions", "announce"),
        "the address gets no more copies, and is no longer pushed to the list server",
    )
    run(stack, "suspensions", "announce")
    say("  The account exists again:")
    run(stack, "resume", "announce", member)


def report_failure(stack: Stack, copy: Mail, member: str) -> None:
    """Deliver the report of a mail server that knows no such account."""
    report = REPORT.format(sender=copy.sender, recipient=member)
    deliver(message_from_string(report, policy=policy.default), lmtp=stack.lmtp, sender="")
    say(f"  a mail server returns the copy to {copy.sender}")
