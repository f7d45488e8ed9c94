"""`make demo`: three messages, decided on three channels, and a push of a list, as it happens.

What is done on the command line is shown: every line that begins with $ can be typed at home.
"""

import re
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from sandbox.demo_lists import push_a_burst
from sandbox.mail_replies import Reply, hand_over, words_of
from sandbox.stack import Stack, running_stack
from sandbox.storytelling import chapter, promise, say, show, wait

AHEAD: Final = timedelta(seconds=25)
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
    """Tell the story; an unkept promise ends it with a traceback and a non-zero code."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="listgate-demo-") as folder:
        say("Starting PostgreSQL, Valkey, a mailbox, a Celery worker and beat …")
        with running_stack(Path(folder)) as here:
            say(f"The house stands after {time.monotonic() - began:.1f} s.")
            tell(here)
    say(f"All of it was true; {time.monotonic() - began:.0f} s, and nothing is left running.")


def tell(here: Stack) -> None:
    """The messages from the first word to the mailbox, and a list on its way to its server."""
    chapter("People, a list, and who answers for it")
    settle_in(here)
    chapter("Ada may not send by herself, so her message asks for approval")
    told = [approve(here)]
    chapter("Another message is rejected with a reason, by SMS")
    told.append(reject(here))
    chapter("A third is approved by a mail in French")
    told.append(approve_by_mail(here))
    chapter("Forty people join a list at once, and the list server hears of it once")
    push_a_burst(here)
    chapter("When its time has come, the first message goes out by itself")
    watch_it_go_out(here)
    chapter("What happened, in order")
    for message in told:
        show(here, "timeline", message)
    show(here, "outbox")


def settle_in(here: Stack) -> None:
    """Create the people, the list and its approver list."""
    show(here, "user", "add", "ada@example.org", "Ada Lovelace", "--role", "author")
    here.listgate_at_once(
        *(("user", "add", address, name) for address, name in (APPROVERS | MEMBERS).items())
    )
    show(here, "user", "contact", "linus@example.org", "--phone", LINUS, "--preference", "both")
    show(here, "user", "contact", "grace@example.org", "--language", "fr")
    show(here, "list", "create", "announce", "announce@lists.example.org", "Announcements")
    show(here, "approvers", "create", "editors", *APPROVERS)
    show(here, "approvers", "assign", "editors", "announce")
    show(here, "subscribe", "announce", *MEMBERS)
    show(here, "list", "show", "announce")


def approve(here: Stack) -> str:
    """Ask, tell the approvers, have all of them answer at the same moment; returns the message."""
    send_at = (datetime.now(UTC) + AHEAD).isoformat(timespec="seconds")
    message, request = submit(here, "assembly.eml", "--send-at", send_at)
    for approver, name in APPROVERS.items():
        wait(lambda: here.mailbox.to(approver), f"{name} has mail")  # noqa: B023 (called at once)
    letter = letters_to(here, "grace@example.org", "À approuver")[0]
    promise(
        "the message is attached", "message/rfc822" in [p.get_content_type() for p in letter.walk()]
    )
    say("\nAll three answer at the same moment:")
    answers = here.listgate_at_once(
        *(("decide", request, "approve", "--as", address) for address in APPROVERS)
    )
    say("\n".join(f"  {answer}" for answer in answers))
    late = [answer for answer in answers if "has already approved" in answer]
    promise("exactly one of them decided", len(late) == len(APPROVERS) - 1)
    return message


def reject(here: Stack) -> str:
    """Ask, reject with a reason by SMS, and see it come back; returns the message."""
    message, _ = submit(here, "offer.eml")
    wait(lambda: offers(here), "Linus Torvalds has an SMS")
    sms = offers(here)[0]
    say(f"  {sms}")
    promise("the message itself is not in it", "hardly used" not in sms)
    code = re.search(r"OK (\d{6})", sms)
    assert code is not None, sms
    said = here.phone.text(LINUS, f"NO {code[1]} No adverts, please.").messages
    say(f"  Linus texts NO {code[1]} No adverts, please.\n  and is answered: {said[0]}")
    wait(lambda: letters_to(here, "ada@example.org", "Rejected"), "Ada has mail")
    words = words_of(letters_to(here, "ada@example.org", "Rejected")[0])
    why = re.search(r"Linus Torvalds has rejected.*No adverts, please\.", words, re.DOTALL)
    promise("it says who and why", why is not None)
    return message


def offers(here: Stack) -> list[str]:
    """The SMS to Linus about the offer: an earlier one may come as late as this."""
    return [sms.body for sms in here.phone.to(LINUS) if "engines" in sms.body]


def approve_by_mail(here: Stack) -> str:
    """Ask, and have Grace reply to her letter in French; returns the message."""
    message, _ = submit(here, "minutes.eml")
    wait(lambda: letters_to(here, "grace@example.org", "À approuver : Minutes"), "Grace has mail")
    letter = letters_to(here, "grace@example.org", "À approuver : Minutes")[0]
    reply = Reply.to_mail(letter)
    hand_over(
        replace(reply, text=f"Approuvé ! -- non: OK\n{reply.text}").message("grace@example.org"),
        lmtp=here.lmtp,
    )
    wait(
        lambda: letters_to(here, "grace@example.org", "Réponse non"),
        "that was not understood",
    )
    hand_over(
        replace(reply, text=f"Approuver : parfait, merci\n{reply.text}").message(
            "grace@example.org"
        ),
        lmtp=here.lmtp,
    )
    wait(lambda: here.mailbox.to("edsger@example.org"), "this was, and the list has it")
    wait(lambda: letters_to(here, "ada@example.org", "Approved: Minutes"), "Ada is told")
    return message


def letters_to(here: Stack, address: str, subject: str) -> list[EmailMessage]:
    """The mails in somebody's mailbox whose subject begins like this."""
    mails = [mail.message for mail in here.mailbox.to(address)]
    return [mail for mail in mails if str(mail["Subject"]).startswith(subject)]


def watch_it_go_out(here: Stack) -> None:
    """Wait for the schedule, and count what arrived."""
    subject = "General assembly on 3 February"
    wait(lambda: all(letters_to(here, one, subject) for one in MEMBERS), "every member has mail")
    for address, name in MEMBERS.items():
        promise(f"{name} has it once", len(letters_to(here, address, subject)) == 1)
    wait(lambda: here.listgate("outbox").count("4 sent") == 2, "the outbox says so")


def submit(here: Stack, letter: str, *options: str) -> tuple[str, str]:
    """Hand in one of our two letters as Ada; returns the numbers of message and request."""
    handed_in = ("--list", "announce", "--as", "ada@example.org", *options)
    said = show(here, "message", "submit", f"sandbox/letters/{letter}", *handed_in)
    numbers = re.search(r"Message (\d+) waits for an answer to request (\d+)", said)
    promise("it waits for an answer", numbers is not None)
    assert numbers is not None
    return numbers[1], numbers[2]


if __name__ == "__main__":
    main()
