"""One message, from the request for approval to the recipients' mailboxes, on a real worker."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import NamedTuple

from models import Actor, ApproverList, Door, ListDelivery, MailingList, Message, User, Verdict
from models.clock import now
from sandbox.mailbox import Mail
from tests.builders import LIMIT, person
from tests.faults.live import LiveStack
from tests.workflows.sendout.sending import as_approved
from workflows.lists import lists
from workflows.messages.write import Draft, hand_in, write
from workflows.moderation.decide import AlreadyDecided, decide, request_approval, request_by_id
from workflows.people.users import disable, grant
from workflows.subscriptions.subscribe import subscribe
from workflows.transaction import transaction

# What a program changes that parses a mail and writes it again: an old charset, lines of a single
# dot, blanks at the end of a line, "From" at its beginning.
BODY = b"Dear members,\r\n.\r\n..\r\nthe caf\xe9 is open.  \r\nFrom now on, that is.\r\n"
RAW = b"\r\n".join(
    [
        b"From: Ada Lovelace <ada@example.org>",
        b"To: announce@lists.example.org",
        b"Subject: =?iso-8859-1?q?Caf=E9?=",
        b"X-Strange:   kept   as it   is",
        b"MIME-Version: 1.0",
        b"Content-Type: text/plain; charset=iso-8859-1",
        b"Content-Transfer-Encoding: 8bit",
        b"",
        BODY,
    ]
)
OTHERS = ("Donald", "Frances")
ON_TIME = 5  # seconds after its time; tens of milliseconds are usual
DOORS = (Door.PORTAL, Door.LINK, Door.MAIL, Door.SMS)


class Asked(NamedTuple):
    """The ids of RAW and of its request."""

    message_id: int
    request_id: int


def ask(live: LiveStack, *, send_in: timedelta | None = None) -> Asked:
    """Have Ada write RAW, to be sent after `send_in`, and ask for approval."""
    with transaction() as session:
        ada = session.get_one(User, live.people.ada.id)
        announce = session.get_one(MailingList, live.people.announce.id)
        send_at = now() + send_in if send_in else None
        message = write(
            session,
            Draft(announce, RAW),
            actor=Actor(ada, Door.PORTAL),
            max_bytes=LIMIT,
            send_at=send_at,
        )
        request = request_approval(session, message, actor=Actor(ada, Door.PORTAL))
        return Asked(message.id, request.id)


def set_four_approvers(live: LiveStack) -> list[User]:
    with transaction() as session:
        editors = session.get_one(ApproverList, live.people.approvers.id)
        approvers = [*editors.members, *(person(session, f"{name} X") for name in OTHERS)]
        lists.set_approvers(session, editors, approvers, actor=Actor.operator())
    return approvers


def add_a_disabled_member(live: LiveStack) -> None:
    with transaction() as session:
        member = person(session, "Tony Hoare")
        announce = session.get_one(MailingList, live.people.announce.id)
        subscribe(session, member, announce, actor=Actor(member, Door.PORTAL))
        disable(session, member, actor=Actor.operator())


def approve_at_once(asked: Asked, approvers: list[User]) -> list[str]:
    """Approve on one connection per approver; return the refusals, "" for the first answer."""
    start = Barrier(len(approvers))

    def approve(user: User, via: Door) -> str:
        with transaction() as session:
            request = request_by_id(session, asked.request_id)
            approver = session.get_one(User, user.id)
            start.wait(10)
            decide(session, request, Verdict.APPROVED, actor=Actor(approver, via))
        return ""

    def refusal_of(user: User, via: Door) -> str:
        try:
            return approve(user, via)
        except AlreadyDecided as late:
            return str(late)

    with ThreadPoolExecutor(len(approvers)) as threads:
        return list(threads.map(refusal_of, approvers, DOORS))


def attached(letter: Mail) -> bytes:
    """Return the bytes of the mail that is attached to a letter."""
    boundary = letter.message.get_boundary()
    assert boundary
    parts = letter.content.split(f"\r\n--{boundary}".encode())
    (part,) = [part for part in parts if b"Content-Type: message/rfc822" in part]
    return part.partition(b"\r\n\r\n")[2]


def questions(live: LiveStack, approver: User) -> list[Mail]:
    """Return the letters that ask this approver; later ones have no message attached."""
    received = live.mailbox.to(approver.address)
    return [mail for mail in received if b"Content-Type: message/rfc822" in mail.content]


def test_the_first_of_four_answers_sends_what_all_were_shown_at_its_time(
    live: LiveStack,
) -> None:
    approvers = set_four_approvers(live)
    add_a_disabled_member(live)
    asked = ask(live, send_in=timedelta(seconds=3))
    live.wait_for_states("notification", sent=4)

    refusals = approve_at_once(asked, approvers)
    live.wait_for_states("dispatch", sent=1)

    winner = approvers[refusals.index("")]
    assert sum(f"{winner} has already approved this message" in each for each in refusals) == 3
    assert live.copies() == {"edsger@example.org": 1, "barbara@example.org": 1}
    (sent,) = {as_approved(mail.content) for mail in live.mailbox.to("edsger@example.org")}
    assert {as_approved(mail.content) for mail in live.mailbox.to("barbara@example.org")} == {sent}
    shown = [questions(live, approver) for approver in approvers]
    attachments = [[as_approved(attached(letter)) for letter in letters] for letters in shown]
    assert attachments == [[sent]] * 4
    assert sent.partition(b"\r\n\r\n")[2].startswith(BODY)
    assert set(RAW.partition(b"\r\n\r\n")[0].split(b"\r\n")) <= set(sent.split(b"\r\n"))
    # On a busy machine the decision may be later than send_at.
    late = "extract(epoch from sent_at - greatest(send_at, decided_at))"
    seconds = live.sql(f"select {late} from delivery, message, decision")
    assert all(0 <= late < ON_TIME for (late,) in seconds)


def test_a_rejected_message_is_returned_and_the_other_approver_is_notified(live: LiveStack) -> None:
    asked = ask(live)
    live.wait_for_states("notification", sent=2)
    before = len(live.mailbox.mails)

    with transaction() as session:
        request = request_by_id(session, asked.request_id)
        linus = session.get_one(User, live.people.linus.id)
        decide(
            session,
            request,
            Verdict.REJECTED,
            actor=Actor(linus, Door.MAIL),
            comment="No coffee, please.",
        )

    live.wait_for_states("notification", sent=4)
    letters = {mail.recipients: mail for mail in live.mailbox.mails[before:]}
    assert letters.keys() == {("ada@example.org",), ("grace@example.org",)}
    assert len(live.mailbox.mails) == before + 2
    letter = letters["ada@example.org",]
    words = letter.message.get_body(("plain",))
    assert words
    assert "Linus Torvalds" in words.get_content()
    assert "No coffee, please." in words.get_content()
    assert attached(letter) == RAW
    assert live.states("message") == {"rejected": 1}


def test_a_list_distributed_by_its_server_gets_one_mail(live: LiveStack) -> None:
    with transaction() as session:
        announce = session.get_one(MailingList, live.people.announce.id)
        announce.delivery = ListDelivery.LIST_ADDRESS
    request = live.ask()

    live.decide(request)

    live.wait_for_states("dispatch", sent=1)
    assert live.copies() == {"announce@lists.example.org": 1}


def test_an_author_with_the_right_to_send_needs_no_approval(live: LiveStack) -> None:
    draft = live.draft()
    with transaction() as session:
        ada = session.get_one(User, live.people.ada.id)
        grant(session, ada, "sender", actor=Actor.operator())
        hand_in(session, session.get_one(Message, draft.id), actor=Actor(ada, Door.PORTAL))

    live.wait_for_states("dispatch", sent=1)

    assert live.copies() == {"edsger@example.org": 1, "barbara@example.org": 1}
    assert len(live.mailbox.mails) == 2
    live.wait_until_idle()
