"""`make demo`: moderate messages over three channels, push a list, return a copy, leave a list.

It prints each command it runs after a $, so that a reader can type it.
"""

import re
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from sandbox.demo_bounces import return_a_copy
from sandbox.demo_leaving import leave_the_list
from sandbox.demo_lists import push_a_burst
from sandbox.demo_service import call_from_outside
from sandbox.mail_replies import Reply, deliver, words_of
from sandbox.narration import check, heading, run, say, wait_for
from sandbox.stack import Stack, running_stack

SEND_IN: Final = timedelta(seconds=25)
APPROVERS: Final = {
    "grace@example.org": "Grace Hopper",
    "linus@example.org": "Linus Torvalds",
    "margaret@example.org": "Margaret Hamilton",
}
LINUS: Final = "+491711234567"
MEMBERS: Final = {
    "edsger@example.org": "Edsger Dijkstra",
    "barbara@example.org": "Barbara Liskov",
    "rené@exemple.fr": "René Descartes",
    "jörg@beispiel.de": "Jörg Müller",
}


def main() -> None:
    """Run the demo; the first check that fails ends it with a non-zero exit code."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="listgate-demo-") as folder:
        say("Starting PostgreSQL, Valkey, a mailbox, a Celery worker and beat …")
        with running_stack(Path(folder)) as stack:
            say(f"Everything is running after {time.monotonic() - began:.1f} s.")
            play(stack)
    say(f"All checks passed in {time.monotonic() - began:.0f} s; nothing is left running.")


def play(stack: Stack) -> None:
    """Moderate and send the messages, and push the list."""
    heading("Create people, a list and its approvers")
    create_people_and_list(stack)
    heading("Ada may not send without approval: her message is moderated")
    messages = [approve(stack)]
    heading("A second message is rejected with a reason, by SMS")
    messages.append(reject(stack))
    heading("A third message is approved by e-mail, in French")
    messages.append(approve_by_mail(stack))
    heading("Forty people join a list at once, and it is pushed once")
    push_a_burst(stack)
    heading("The first message is sent at its scheduled time")
    watch_sendout(stack)
    heading("A copy comes back: the member's subscription is suspended")
    return_a_copy(stack, "edsger@example.org")
    heading("Two members leave the list, by what their copies offer")
    leave_the_list(stack, by_link="edsger@example.org", by_mail="barbara@example.org")
    heading("The audit log of each message")
    for message in messages:
        run(stack, "timeline", message)
    run(stack, "outbox")
    heading("Another service brings a list and a message, and hears of the answer")
    call_from_outside(stack)


def create_people_and_list(stack: Stack) -> None:
    """Create the people, the list and its approver list."""
    run(stack, "user", "add", "ada@example.org", "Ada Lovelace", "--role", "author")
    stack.listgate_at_once(
        *(("user", "add", address, name) for address, name in (APPROVERS | MEMBERS).items())
    )
    run(stack, "user", "contact", "linus@example.org", "--phone", LINUS, "--preference", "both")
    run(stack, "user", "contact", "grace@example.org", "--language", "fr")
    run(stack, "list", "create", "announce", "announce@lists.example.org", "Announcements")
    run(stack, "approvers", "create", "editors", *APPROVERS)
    run(stack, "approvers", "assign", "editors", "announce")
    run(stack, "subscribe", "announce", *MEMBERS)
    run(stack, "list", "show", "announce")


def approve(stack: Stack) -> str:
    """Request approval and have all approvers answer at once; return the message's id."""
    send_at = (datetime.now(UTC) + SEND_IN).isoformat(timespec="seconds")
    message, request = submit(stack, "assembly.eml", "--send-at", send_at)
    for approver, name in APPROVERS.items():
        wait_for(lambda: stack.mailbox.to(approver), f"{name} has mail")  # noqa: B023 (called at once)
    letter = letters_to(stack, "grace@example.org", "À approuver")[0]
    check(
        "the message is attached", "message/rfc822" in [p.get_content_type() for p in letter.walk()]
    )
    say("\nAll three approvers answer at the same time:")
    answers = stack.listgate_at_once(
        *(("decide", request, "approve", "--as", address) for address in APPROVERS)
    )
    say("\n".join(f"  {answer}" for answer in answers))
    late = [answer for answer in answers if "has already approved" in answer]
    check("exactly one of them decided", len(late) == len(APPROVERS) - 1)
    return message


def reject(stack: Stack) -> str:
    """Request approval and reject by SMS with a reason; return the message's id."""
    message, _ = submit(stack, "offer.eml")
    wait_for(lambda: offers(stack), "Linus Torvalds has an SMS")
    sms = offers(stack)[0]
    say(f"  {sms}")
    check("the SMS does not contain the message", "hardly used" not in sms)
    code = re.search(r"OK (\d{6})", sms)
    assert code is not None, sms
    replies = stack.phone.text(LINUS, f"NO {code[1]} No adverts, please.").messages
    say(f"  Linus texts: NO {code[1]} No adverts, please.\n  The reply: {replies[0]}")
    wait_for(lambda: letters_to(stack, "ada@example.org", "Rejected"), "Ada has mail")
    words = words_of(letters_to(stack, "ada@example.org", "Rejected")[0])
    why = re.search(r"Linus Torvalds has rejected.*No adverts, please\.", words, re.DOTALL)
    check("it says who rejected the message, and why", why is not None)
    return message


def offers(stack: Stack) -> list[str]:
    """Return the SMS to Linus about the offer; one about the earlier message may come late."""
    return [sms.body for sms in stack.phone.to(LINUS) if "engines" in sms.body]


def approve_by_mail(stack: Stack) -> str:
    """Request approval and have Grace reply in French; return the message's id."""
    message, _ = submit(stack, "minutes.eml")
    wait_for(
        lambda: letters_to(stack, "grace@example.org", "À approuver : Minutes"), "Grace has mail"
    )
    letter = letters_to(stack, "grace@example.org", "À approuver : Minutes")[0]
    reply = Reply.to_mail(letter)
    deliver(
        replace(reply, text=f"Approuvé ! -- non: OK\n{reply.text}").message("grace@example.org"),
        lmtp=stack.lmtp,
    )
    wait_for(
        lambda: letters_to(stack, "grace@example.org", "Réponse non"),
        "an unclear reply decides nothing, and Grace gets a letter",
    )
    deliver(
        replace(reply, text=f"Approuver : parfait, merci\n{reply.text}").message(
            "grace@example.org"
        ),
        lmtp=stack.lmtp,
    )
    wait_for(
        lambda: letters_to(stack, "edsger@example.org", "Minutes"),
        "a clear reply approves it, and the list has the message",
    )
    wait_for(lambda: letters_to(stack, "ada@example.org", "Approved: Minutes"), "Ada is notified")
    return message


def letters_to(stack: Stack, address: str, subject: str) -> list[EmailMessage]:
    """Return the mails to an address whose subject begins with `subject`."""
    mails = [mail.message for mail in stack.mailbox.to(address)]
    return [mail for mail in mails if str(mail["Subject"]).startswith(subject)]


def watch_sendout(stack: Stack) -> None:
    """Wait until the scheduled message is sent, and count the copies."""
    subject = "General assembly on 3 February"
    wait_for(
        lambda: all(letters_to(stack, one, subject) for one in MEMBERS), "every member has mail"
    )
    for address, name in MEMBERS.items():
        check(f"{name} has one copy", len(letters_to(stack, address, subject)) == 1)
    wait_for(lambda: stack.listgate("outbox").count("4 sent") == 2, "the outbox shows 4 sent")


def submit(stack: Stack, letter: str, *options: str) -> tuple[str, str]:
    """Submit a file as Ada; return the ids of message and request."""
    arguments = ("--list", "announce", "--as", "ada@example.org", *options)
    output = run(stack, "message", "submit", f"sandbox/letters/{letter}", *arguments)
    ids = re.search(r"Message (\d+) waits for an answer to request (\d+)", output)
    check("the message waits for approval", ids is not None)
    assert ids is not None
    return ids[1], ids[2]


if __name__ == "__main__":
    main()
