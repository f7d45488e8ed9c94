"""Import who is on a list from a text file: look at what it says first, then carry it out."""

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from io import BytesIO
from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import Invalid
from portal.lists.blueprint import asked_list
from portal.web.errors import say
from portal.web.i18n import ngettext
from portal.web.sign_in import current_actor, reader, signed_in
from workflows.subscriptions.imports import check, import_checked

pages = Blueprint("imports", __name__, url_prefix="/mailing-lists/<id:list_id>/import")

# Some hundred thousand addresses; the page carries them from the look to the deed.  More are for
# `listgate import-mailing-list`, which reads a file of any size.
LARGEST = 4_000_000  # bytes

# base64 writes three bytes as four characters, which a form may write as three each ("%2B").
ON_THE_WAY = LARGEST * 2

# So many of those that cannot be used are shown; all are counted.
SHOWN = 200


@pages.url_value_preprocessor
def make_room(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Take a whole file, here only; Flask calls this before the form is read for its CSRF token."""
    if request.method == "POST" and reader() is not None:
        request.max_content_length = request.max_form_memory_size = ON_THE_WAY


@pages.get("")
@signed_in
def ask(list_id: int) -> ResponseReturnValue:
    """Ask for a file."""
    return render_template("imports/ask.html", list=asked_list(list_id))


@pages.post("")
@signed_in
def look(list_id: int) -> ResponseReturnValue:
    """Tell what the file says, and change nothing; or carry out what was looked at."""
    mailing_list, content = asked_list(list_id), given()
    report = check(g.session, BytesIO(content), mailing_list, actor=current_actor())
    if "content" not in request.form:
        return render_template(
            "imports/preview.html",
            list=mailing_list,
            report=report,
            content=b64encode(content).decode(),
            shown=SHOWN,
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
    say(sentence % {"number": joined})
    return redirect(url_for("lists.subscribers", list_id=list_id), 303)


def given() -> bytes:
    """The file that was uploaded, or that was looked at before; raises Invalid without one."""
    file = request.files.get("file")
    try:
        content = file.read() if file else b64decode(request.form.get("content", ""), validate=True)
    except NotBase64:
        content = b""
    if not content:
        raise Invalid("Please choose a file with addresses.")
    if len(content) > LARGEST:
        raise Invalid("The file is too large for this page; please use the command line.")
    return content
