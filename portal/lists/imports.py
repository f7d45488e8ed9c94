"""Import members from a text file: show a preview first, then import."""

from base64 import b64decode, b64encode
from io import BytesIO
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Invalid
from portal.lists.blueprint import list_for
from portal.web.flash import flash
from portal.web.i18n import ngettext
from portal.web.sign_in import current_actor, reader, signed_in
from workflows.subscriptions.imports import check, import_checked

pages = Blueprint("imports", __name__, url_prefix="/mailing-lists/<id:list_id>/import")

# Some hundred thousand addresses, which the preview page holds in a hidden field.  For larger files
# there is `listgate import-mailing-list`.
MAX_FILE = 4_000_000  # bytes

# base64 turns three bytes into four characters, and a form some of these into three ("%2B").
MAX_FORM = MAX_FILE * 2

MAX_SHOWN = 200  # unusable lines shown; all are counted


@pages.url_value_preprocessor
def raise_size_limit(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Raise the size limit for these pages, before the form is read for its CSRF token."""
    if request.method == "POST" and reader() is not None:
        request.max_content_length = request.max_form_memory_size = MAX_FORM


@pages.get("")
@signed_in
def ask(list_id: int) -> ResponseReturnValue:
    """Show the form for a file."""
    return render_template("imports/ask.html", list=list_for(list_id))


@pages.post("")
@signed_in
def look(list_id: int) -> ResponseReturnValue:
    """Show a preview of the uploaded file; import what comes back from the preview."""
    mailing_list, content = list_for(list_id), uploaded()
    report = check(g.session, BytesIO(content), mailing_list, actor=current_actor())
    if "content" not in request.form:
        return render_template(
            "imports/preview.html",
            list=mailing_list,
            report=report,
            content=b64encode(content).decode(),
            shown=MAX_SHOWN,
        )
    create_users = request.form.get("unknown") == "create"
    imported = import_checked(
        g.session,
        mailing_list,
        report,
        skip_unknown=True,
        create_users=create_users,
        actor=current_actor(),
    )
    joined = imported.joined
    sentence = ngettext(
        "%(number)d person has joined the list.", "%(number)d people have joined the list.", joined
    )
    flash(sentence % {"number": joined})
    return redirect(url_for("lists.subscribers", list_id=list_id), 303)


def uploaded() -> bytes:
    """Return the uploaded file, or the one that the preview holds; raises Invalid without one."""
    file = request.files.get("file")
    try:
        content = file.read() if file else b64decode(request.form.get("content", ""), validate=True)
    except ValueError:  # not base64, or not even ASCII
        content = b""
    if not content:
        raise Invalid("Please choose a file with addresses.")
    if len(content) > MAX_FILE:
        raise Invalid("The file is too large for this page; please use the command line.")
    return content
