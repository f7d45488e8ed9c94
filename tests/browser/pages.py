"""What there is to look at: rows of every kind, and the pages that show them."""

from email.message import EmailMessage

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Actor, Door, Message, ModerationRequest, User, Verdict
from tests.builders import LIMIT, Cast, a_draft, a_request
from workflows.lists.lists import approver_list_named, list_named
from workflows.messages.write import Draft, write
from workflows.moderation.approver_keys import view
from workflows.moderation.decide import decide, request_approval

# Each of these is a page by itself; what has a number is named by `numbered`.
PLAIN = (
    "/",
    "/requests",
    "/messages/new",
    "/messages",
    "/messages/upload",
    "/my/lists",
    "/account/details",
    "/account/address",
    "/account/history",
    "/account/password",
    "/account/codes",
    "/users",
    "/users/new",
    "/users?words=nobody",
    "/roles",
    "/roles/new",
    "/roles/1",
    "/mailing-lists",
    "/mailing-lists/new",
    "/approver-lists",
    "/approver-lists/new",
    "/trail",
    "/nowhere",
)
OF_STRANGERS = ("/log-in", "/letter/log-in", "/letter/password", "/letter/sent")
OF_A_LIST = ("", "/approvers", "/archive", "/details", "/import", "/pushes", "/pushes/confirmation")
OF_A_PERSON = ("", "/address", "/contact", "/history", "/removal", "/roles")


def a_page_of_html(subject: str, html: str) -> bytes:
    """A message with HTML, a picture of its own and a file."""
    mail = EmailMessage()
    mail["From"], mail["To"] = "ada@example.org", "announce@lists.example.org"
    mail["Subject"] = subject
    mail.set_content("Dear members,\n\nhere is the news.\n")
    mail.add_alternative(html, subtype="html")
    mail.add_attachment(b"minutes", "text", "plain", filename="minutes.txt")
    return mail.as_bytes()


def seed(session: Session, people: Cast) -> list[str]:
    """Make a message in every state that stays; returns the paths of its pages for their readers.

    Barbara approves too, so that one person sees nearly every page.
    """
    people.approvers.members.append(people.barbara)
    session.flush()
    html = "<h1>News</h1><p>Come to the <a href='https://example.org'>assembly</a>.</p>"
    draft = write(
        session,
        Draft(people.announce, a_page_of_html("Newsletter", html), composed=True),
        actor=Actor(people.barbara, Door.PORTAL),
        max_bytes=LIMIT,
    )
    rejected = a_request(session, people)
    decide(
        session,
        rejected,
        Verdict.REJECTED,
        actor=Actor(people.grace, Door.PORTAL),
        comment="Not yet.",
    )
    closed, opened = a_request(session, people), waiting(session, people, html)
    view(session, opened, actor=Actor(people.barbara, Door.PORTAL))
    a_draft(session, people)
    session.flush()
    return [*PLAIN, *numbered(people, draft, [rejected, closed, opened])]


def waiting(session: Session, people: Cast, html: str) -> ModerationRequest:
    """An open request about a message with HTML."""
    message = write(
        session,
        Draft(people.announce, a_page_of_html("Minutes", html)),
        actor=Actor(people.ada, Door.PORTAL),
        max_bytes=LIMIT,
    )
    return request_approval(session, message, actor=Actor(people.ada, Door.PORTAL))


def numbered(people: Cast, draft: Message, asked: list[ModerationRequest]) -> list[str]:
    """The pages of one list, one person, one approver list, of the messages and requests."""
    return [
        *(f"/mailing-lists/{people.announce.id}{part}" for part in OF_A_LIST),
        f"/mailing-lists/{people.announce.id}/subscribers",
        *(f"/users/{people.edsger.id}{part}" for part in OF_A_PERSON),
        f"/approver-lists/{people.approvers.id}",
        *(f"/messages/{draft.id}{part}" for part in ("", "/draft")),
        *(f"/messages/{one.message_id}" for one in asked),
        *(f"/requests/{one.id}" for one in asked),
    ]


def people_of(session: Session) -> Cast:
    """The cast that lives in this database."""
    users = {user.name.split()[0].lower(): user for user in session.scalars(select(User))}
    return Cast(
        **{name: users[name] for name in ("ada", "grace", "linus", "barbara", "edsger")},
        approvers=approver_list_named(session, "editors"),
        announce=list_named(session, "announce"),
    )
