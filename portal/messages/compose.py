"""Write a message in a form, or upload one that a mail program has written; both keep a draft."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, select

from models import Invalid, MailingList, Message
from notifications.mime.compose import TypedMessage, compose_mail, read_typed
from notifications.mime.parse import Attachment
from portal.web.errors import say
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, current_user, reader, signed_in
from workflows.access import require_author
from workflows.lists.lists import list_named
from workflows.messages.drafts import rewrite
from workflows.messages.write import Draft, message_by_id, write

pages = Blueprint("writing", __name__)

# What a form needs besides a message as large as may be: its other fields and their borders.
BESIDES = 100_000  # bytes

# Nothing can be written to an archived list.
OPEN = MailingList.archived_at.is_(None)


@pages.url_value_preprocessor
def make_room(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Take as much as a message may have, here only; from strangers as little as elsewhere.

    Flask calls this before the hook that reads the form for its CSRF token.
    """
    if request.method == "POST" and reader() is not None:
        request.max_content_length = limit() + BESIDES
        request.max_form_memory_size = limit() + BESIDES


def limit() -> int:
    """How large a message may be, in bytes."""
    largest: int = current_app.config["LISTGATE"].message_max_bytes
    return largest


@pages.get("/messages/new")
@signed_in
def new() -> ResponseReturnValue:
    """An empty form."""
    return render_template(
        "writing/form.html", typed=TypedMessage("", "", ""), lists=lists(OPEN), message=None
    )


@pages.post("/messages/new")
@signed_in
def keep() -> ResponseReturnValue:
    """Keep a new draft of what was typed."""
    message = write(
        g.session,
        Draft(chosen_list(), compose_mail(typed(()), current_user()), composed=True),
        actor=current_actor(),
        max_bytes=limit(),
    )
    return kept(message)


@pages.get("/messages/<id:message_id>/draft")
@signed_in
def edit(message_id: int) -> ResponseReturnValue:
    """The draft as it was typed; one that was uploaded can be replaced only as a whole."""
    message = own(message_id)
    if not message.composed:
        return render_template("writing/upload.html", lists=lists(OPEN), message=message)
    return render_template(
        "writing/form.html", typed=read_typed(message.raw), lists=lists(OPEN), message=message
    )


@pages.post("/messages/<id:message_id>/draft")
@signed_in
def change(message_id: int) -> ResponseReturnValue:
    """Keep what was typed, or uploaded, in the draft's place."""
    message = own(message_id)
    rewrite(
        g.session,
        message,
        Draft(chosen_list(), raw_anew(message), composed=message.composed),
        actor=current_actor(),
        max_bytes=limit(),
    )
    return kept(message)


def raw_anew(message: Message) -> bytes:
    """What is to be in the draft's place; only what we have composed is composed anew."""
    if not message.composed:
        return uploaded()
    return compose_mail(typed(read_typed(message.raw).attachments), current_user())


@pages.get("/messages/upload")
@signed_in
def upload() -> ResponseReturnValue:
    """A form for a file."""
    return render_template("writing/upload.html", lists=lists(OPEN), message=None)


@pages.post("/messages/upload")
@signed_in
def keep_upload() -> ResponseReturnValue:
    """Keep the file, byte for byte, as a new draft."""
    message = write(
        g.session, Draft(chosen_list(), uploaded()), actor=current_actor(), max_bytes=limit()
    )
    return kept(message)


def own(message_id: int) -> Message:
    """The person's own message; raises Unknown, Trespass."""
    message = message_by_id(g.session, message_id)
    require_author(message, current_actor())
    return message


def kept(message: Message) -> ResponseReturnValue:
    """On to the message's page."""
    say(_("The draft has been saved."))
    return redirect(url_for("messages.show", message_id=message.id), 303)


def lists(*which: ColumnElement[bool]) -> list[tuple[str, str]]:
    """What a form offers of these lists: the short name of each, and its words."""
    found = select(MailingList.short_name, MailingList.name).where(*which)
    found = found.order_by(MailingList.name)
    return [(short_name, f"{name} ({short_name})") for short_name, name in g.session.execute(found)]


def chosen_list() -> MailingList:
    """The list that was chosen; raises Invalid without one, Unknown for one that is none."""
    if not request.form.get("list"):
        raise Invalid("Please choose a list.")
    return list_named(g.session, request.form["list"])


def typed(before: Sequence[Attachment]) -> TypedMessage:
    """What was typed, with those of the attachments before that were not taken away."""
    taken = set(request.form.getlist("without"))
    return TypedMessage(
        request.form.get("subject", ""),
        request.form.get("text", ""),
        request.form.get("html", ""),
        [one for number, one in enumerate(before) if str(number) not in taken] + attached(),
    )


def attached() -> list[Attachment]:
    """The files that came with the form."""
    return [
        Attachment(file.filename, file.mimetype, len(content), content)
        for file in request.files.getlist("attachments")
        if file.filename
        for content in [file.read()]
    ]


def uploaded() -> bytes:
    """The bytes of the file; raises Invalid without one."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid("Please choose a file.")
    content: bytes = file.read()
    return content
