"""A message as its readers will see it: text, HTML in a frame of its own, attachments."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from io import BytesIO

from flask import Blueprint, Response, abort, g, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue

from models import Language, Message, MessageState
from notifications.mime.compose import file_name
from notifications.mime.list_headers import outgoing
from notifications.mime.parse import AuthoredMail, read
from notifications.replies.html import text_of_html
from portal.messages.sanitize import asks_elsewhere, sanitised
from portal.web.sign_in import current_actor, current_user, signed_in
from workflows.messages.write import message_by_id, request_to_answer, require_reader

pages = Blueprint("preview", __name__)

# Behind the sanitising a second wall: the frame is of no origin, runs nothing, sends nothing and
# loads nothing but the pictures named here.  A link that somebody follows opens a page of its own.
POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; "
    "img-src data:"
)


@dataclass(frozen=True)
class Preview:
    """What the macro in preview.html shows; the addresses are the page's own to choose."""

    mail: AuthoredMail
    html_url: str
    file_url: Callable[[int], str]

    @property
    def text(self) -> str:
        """The text, or what a program that knows no HTML would make of it."""
        return self.mail.text or text_of_html(self.mail.html or "")

    @property
    def remote_images(self) -> bool:
        """Whether the reader has asked for pictures from elsewhere."""
        return wants_images()

    @property
    def asks_elsewhere(self) -> bool:
        """Whether there are such pictures."""
        return asks_elsewhere(self.mail.html or "")


def preview_of(message: Message) -> Preview:
    """The preview for a page whose reader has logged in."""
    images = "yes" if wants_images() else None
    return Preview(
        contents(message),
        url_for("preview.html", message_id=message.id, images=images),
        lambda number: url_for("preview.attachment", message_id=message.id, number=number),
    )


def contents(message: Message) -> AuthoredMail:
    """The parts of the message as it will be sent."""
    raw = outgoing(message)
    return read(raw, limit=len(raw))


def wants_images() -> bool:
    """Whether the address asks for pictures from elsewhere: `?images=yes`."""
    return request.args.get("images") == "yes"


@pages.get("/messages/<id:message_id>/html")
@signed_in
def html(message_id: int) -> ResponseReturnValue:
    """The HTML for the frame, or for a tab of its own."""
    message = readable(message_id)
    return framed(contents(message), spoken=message.author.language)


@pages.get("/messages/<id:message_id>/attachments/<int:number>")
@signed_in
def attachment(message_id: int, number: int) -> ResponseReturnValue:
    """One attachment, to be saved."""
    return saved(contents(readable(message_id)), number)


def readable(message_id: int) -> Message:
    """The message; raises Unknown, or Trespass for who may not read it; 404 once it is deleted.

    Whoever is to answer about it reads it on the request's page: that one notes who has opened it.
    """
    message, user = message_by_id(g.session, message_id), current_user()
    if message.state is MessageState.DISCARDED:
        abort(404)
    require_reader(g.session, message, current_actor())
    asked = request_to_answer(g.session, message, user)
    if asked is not None and user != message.author:
        abort(redirect(url_for("requests.show", request_id=asked.id), 303))
    return message


def framed(mail: AuthoredMail, *, spoken: Language) -> Response:
    """The sanitised HTML as a document that may do nothing.

    A mail seldom says in which language it is written; its author's is the best guess.
    """
    body = sanitised(mail.html or "", mail.attachments, remote_images=wants_images())
    page = Response(
        f'<!doctype html><html lang="{spoken}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light">'
        f"<title>{escape(mail.subject)}</title></head><body>{body}</body></html>"
    )
    page.headers["Content-Security-Policy"] = f"{POLICY} https:" if wants_images() else POLICY
    return page


def saved(mail: AuthoredMail, number: int) -> Response:
    """An attachment as a file; a browser is to save it, never to show it."""
    if number >= len(mail.attachments):
        abort(404)
    one = mail.attachments[number]
    # Whatever it calls itself: nothing is guessed, nothing runs.
    file = send_file(
        BytesIO(one.content),
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=file_name(one.filename),
    )
    file.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return file
