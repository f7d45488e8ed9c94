"""A message as its recipients will see it: text, HTML in a sandboxed frame, attachments."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from io import BytesIO

from flask import Blueprint, Response, abort, current_app, g, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue

from models import Language, Message, MessageState
from notifications.mime.compose import file_name
from notifications.mime.list_mail import CopySettings, example_copy
from notifications.mime.parse import AuthoredMail, read
from notifications.replies.html import text_of_html
from portal.messages.sanitize import has_remote_images, sanitize
from portal.web.sign_in import current_actor, current_user, signed_in
from workflows.messages.write import message_by_id, request_to_answer, require_reader

pages = Blueprint("preview", __name__)

# A second defence behind sanitising: the frame has no origin, no scripts and no forms, and loads
# only the images allowed here.  A link opens in a new tab.
POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; "
    "img-src data:"
)


@dataclass(frozen=True)
class Preview:
    """What the macro in preview.html shows; each page has its own URLs."""

    mail: AuthoredMail
    html_url: str
    file_url: Callable[[int], str]
    example: str = ""  # for whom personal fields are filled in

    @property
    def text(self) -> str:
        """Return the text part, or the HTML as text."""
        return self.mail.text or text_of_html(self.mail.html or "")

    @property
    def remote_images(self) -> bool:
        """Whether the reader wants images from other servers."""
        return wants_images()

    @property
    def has_remote_images(self) -> bool:
        """Whether the message has images from other servers."""
        return has_remote_images(self.mail.html or "")


def preview_of(message: Message) -> Preview:
    """Return the preview for a reader who has logged in."""
    images = "yes" if wants_images() else None
    return Preview(
        contents(message),
        url_for("preview.html", message_id=message.id, images=images),
        lambda number: url_for("preview.attachment", message_id=message.id, number=number),
        example_name(message),
    )


def example_name(message: Message) -> str:
    """Return for whom the personal fields are filled in; "" if the message has none."""
    return message.author.name if message.personal_fields else ""


def contents(message: Message) -> AuthoredMail:
    """Parse the message as it will be sent."""
    settings = CopySettings.from_settings(current_app.config["LISTGATE"])
    raw = example_copy(message, settings)
    return read(raw, limit=len(raw))


def wants_images() -> bool:
    """Whether `?images=yes` asks for images from other servers."""
    return request.args.get("images") == "yes"


@pages.get("/messages/<id:message_id>/html")
@signed_in
def html(message_id: int) -> ResponseReturnValue:
    """Return the HTML, for the frame or a tab of its own."""
    message = readable(message_id)
    return html_response(contents(message), language=message.author.language)


@pages.get("/messages/<id:message_id>/attachments/<id:number>")
@signed_in
def attachment(message_id: int, number: int) -> ResponseReturnValue:
    """Send one attachment as a download."""
    return download(contents(readable(message_id)), number)


def readable(message_id: int) -> Message:
    """Return the message; raises Unknown, or Trespass; 404 once it is deleted.

    Approvers are redirected to the request's page, which records who has opened the message.
    """
    message, user = message_by_id(g.session, message_id), current_user()
    if message.state is MessageState.DISCARDED:
        abort(404)
    require_reader(g.session, message, current_actor())
    moderation_request = request_to_answer(g.session, message.variant_of or message, user)
    if moderation_request is not None and user != message.author:
        abort(redirect(url_for("requests.show", request_id=moderation_request.id), 303))
    return message


def html_response(mail: AuthoredMail, *, language: Language) -> Response:
    """Return the sanitised HTML as a document that can do nothing.

    Mails seldom declare their language; the author's is the best guess.
    """
    body = sanitize(mail.html or "", mail.attachments, remote_images=wants_images())
    page = Response(
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light">'
        f"<title>{escape(mail.subject)}</title></head><body>{body}</body></html>"
    )
    page.headers["Content-Security-Policy"] = f"{POLICY} https:" if wants_images() else POLICY
    return page


def download(mail: AuthoredMail, number: int) -> Response:
    """Return an attachment as a file to save, which the browser must never render."""
    if number >= len(mail.attachments):
        abort(404)
    one = mail.attachments[number]
    # Whatever its declared type, the browser must not guess one or run anything.
    file = send_file(
        BytesIO(one.content),
        mimetype="application/octet-stream",
        as_attachment=True,
        download_name=file_name(one.filename),
    )
    file.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return file
