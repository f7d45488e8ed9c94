"""Write a message in a form, or upload one from a mail program; both save a draft."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Invalid, MailingList, Message
from notifications.mime.compose import TypedMessage, compose_mail, read_typed
from notifications.mime.parse import Attachment
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, current_user, reader, signed_in
from workflows.access import require_author
from workflows.lists.lists import list_named
from workflows.messages.drafts import rewrite
from workflows.messages.write import Draft, message_by_id, write
from workflows.queries.list_search import list_choices
from workflows.queries.same_mail import earlier_message

pages = Blueprint("writing", __name__)

# Allowed in a form beside a message of the largest size: other fields and multipart boundaries.
FORM_OVERHEAD = 100_000  # bytes


@pages.url_value_preprocessor
def raise_size_limit(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Raise the size limit for these pages, but not before log-in.

    Flask calls this before the hook that reads the form for its CSRF token.
    """
    if request.method == "POST" and reader() is not None:
        request.max_content_length = max_bytes() + FORM_OVERHEAD
        request.max_form_memory_size = max_bytes() + FORM_OVERHEAD


def max_bytes() -> int:
    """Return the largest size of a message, in bytes."""
    limit: int = current_app.config["LISTGATE"].message_max_bytes
    return limit


@pages.get("/messages/new")
@signed_in
def new() -> ResponseReturnValue:
    """Show an empty form."""
    return render_template(
        "writing/form.html",
        typed=TypedMessage("", "", ""),
        lists=list_choices(g.session, archived=False, writer=current_user()),
        message=None,
    )


@pages.post("/messages/new")
@signed_in
def keep() -> ResponseReturnValue:
    """Save what was typed as a new draft."""
    message = write(
        g.session,
        Draft(
            chosen_list(),
            compose_mail(typed(()), current_user()),
            composed=True,
            personal_fields=wants_fields(),
        ),
        actor=current_actor(),
        max_bytes=max_bytes(),
    )
    return saved(message)


@pages.get("/messages/<id:message_id>/draft")
@signed_in
def edit(message_id: int) -> ResponseReturnValue:
    """Show the draft in the form; an uploaded one can only be replaced as a whole."""
    message = own_message(message_id)
    version = message.content_hash()
    return render_template(
        "writing/form.html" if message.composed else "writing/upload.html",
        typed=read_typed(message.raw) if message.composed else None,
        lists=list_choices(g.session, archived=False, writer=current_user()),
        message=message,
        version=version,
        # In a form that was refused: its author has not seen what another window saved.
        changed_meanwhile="version" in request.form and request.form["version"] != version,
    )


@pages.post("/messages/<id:message_id>/draft")
@signed_in
def change(message_id: int) -> ResponseReturnValue:
    """Replace the draft by what was typed or uploaded."""
    message = own_message(message_id)
    rewrite(
        g.session,
        message,
        Draft(
            chosen_list(),
            new_raw(message),
            composed=message.composed,
            personal_fields=wants_fields(),
        ),
        actor=current_actor(),
        max_bytes=max_bytes(),
        version=request.form.get("version", ""),
    )
    return saved(message)


def new_raw(message: Message) -> bytes:
    """Return the new content of the draft: typed if it was composed here, else uploaded."""
    if not message.composed:
        return uploaded()
    return compose_mail(typed(read_typed(message.raw).attachments), current_user())


@pages.get("/messages/upload")
@signed_in
def upload() -> ResponseReturnValue:
    """Show the form for a file."""
    return render_template(
        "writing/upload.html",
        lists=list_choices(g.session, archived=False, writer=current_user()),
        message=None,
    )


@pages.post("/messages/upload")
@signed_in
def keep_upload() -> ResponseReturnValue:
    """Save the file, byte for byte, as a new draft."""
    message = write(
        g.session,
        Draft(chosen_list(), uploaded(), personal_fields=wants_fields()),
        actor=current_actor(),
        max_bytes=max_bytes(),
    )
    if (earlier := earlier_message(g.session, message)) is not None:
        flash(
            _("You handed in the same mail before; mail programs may hide the second copy."),
            url=url_for("messages.show", message_id=earlier.id),
        )
    return saved(message)


def own_message(message_id: int) -> Message:
    """Return the message if the reader wrote it; raises Unknown, Trespass."""
    message = message_by_id(g.session, message_id)
    require_author(message, current_actor())
    return message


def saved(message: Message) -> ResponseReturnValue:
    """Redirect to the message's page."""
    flash(_("The draft has been saved."))
    return redirect(url_for("messages.show", message_id=message.id), 303)


def chosen_list() -> MailingList:
    """Return the chosen list; raises Invalid without one, Unknown."""
    if not request.form.get("list"):
        raise Invalid("Please choose a list.")
    return list_named(g.session, request.form["list"])


def wants_fields() -> bool:
    """Whether personal fields are to be filled in."""
    return "personal_fields" in request.form


def typed(before: Sequence[Attachment]) -> TypedMessage:
    """Return what was typed, with the attachments of `before` that were not removed."""
    removed = set(request.form.getlist("without"))
    return TypedMessage(
        request.form.get("subject", ""),
        request.form.get("text", ""),
        request.form.get("html", ""),
        [one for number, one in enumerate(before) if str(number) not in removed] + attached(),
    )


def attached() -> list[Attachment]:
    """Return the files that were attached in the form."""
    return [
        Attachment(file.filename, file.mimetype, len(content), content)
        for file in request.files.getlist("attachments")
        if file.filename
        for content in [file.read()]
    ]


def uploaded() -> bytes:
    """Return the uploaded file; raises Invalid without one."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid("Please choose a file.")
    content: bytes = file.read()
    return content
