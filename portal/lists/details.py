"""Edit a list: its description, its sendout rules and its approver lists."""

from dataclasses import replace

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from models import (
    ApproverList,
    FromField,
    Language,
    ListDelivery,
    ListKind,
    Right,
    SelfService,
    WhoMayAsk,
)
from models.ids import row_id
from portal.lists.blueprint import list_for, pages
from portal.lists.words import chosen, list_words, typed_limit
from portal.messages.sendout_fields import typed_rules
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.sign_in import current_actor, signed_in
from workflows.lists.approver_lists import approver_list_by_id
from workflows.lists.lists import ListChanges, assign_approvers, edit_list
from workflows.queries.approver_list_overview import all_approver_lists
from workflows.sendout.rules import set_sendout_rules


@pages.get("/<id:list_id>/details")
@signed_in
def details(list_id: int) -> ResponseReturnValue:
    """Show the form with the list's settings."""
    return render_template("lists/details.html", list=list_for(list_id), **list_words())


@pages.post("/<id:list_id>/details")
@signed_in
def edit(list_id: int) -> ResponseReturnValue:
    """Save the settings and the sendout rules."""
    mailing_list, actor = list_for(list_id), current_actor()
    changes = typed_changes() if actor.may(Right.EDIT_LISTS) else owners_changes()
    edit_list(g.session, mailing_list, changes, actor=actor)
    set_sendout_rules(g.session, mailing_list, typed_rules(), actor=actor)
    flash(_("The list has been changed."))
    return redirect(url_for("lists.show", list_id=list_id), 303)


def owners_changes() -> ListChanges:
    """Return the fields of the form that an owner may change."""
    form = request.form
    return ListChanges(
        name=form.get("name", ""),
        description=form.get("description", ""),
        self_service=chosen(SelfService, "self_service"),
        language=chosen(Language, "language"),
        personal="personal" in form,
        unsubscribe_line="unsubscribe_line" in form,
    )


def typed_changes() -> ListChanges:
    """Return every field of the form."""
    return replace(
        owners_changes(),
        address=request.form.get("address", ""),
        kind=chosen(ListKind, "kind"),
        delivery=chosen(ListDelivery, "delivery"),
        four_eyes="four_eyes" in request.form,
        second_person="second_person" in request.form,
        who_may_ask=chosen(WhoMayAsk, "who_may_ask"),
        max_open_requests=typed_limit(),
        from_field=chosen(FromField, "from_field"),
    )


@pages.get("/<id:list_id>/approvers")
@signed_in
def approvers(list_id: int) -> ResponseReturnValue:
    """Show the form to choose the two approver lists."""
    known = g.session.scalars(all_approver_lists())
    return render_template(
        "lists/approvers.html",
        list=list_for(list_id),
        choices=[("", _("none")), *((str(one.id), one.name) for one in known)],
    )


@pages.post("/<id:list_id>/approvers")
@signed_in
def assign(list_id: int) -> ResponseReturnValue:
    """Assign approver lists; an unchanged one needs no right and is not recorded."""
    mailing_list, actor = list_for(list_id), current_actor()
    for field, escalation in (("approver_list", False), ("escalation_list", True)):
        wanted = chosen_approver_list(field)
        if wanted is not getattr(mailing_list, field):
            assign_approvers(g.session, mailing_list, wanted, escalation=escalation, actor=actor)
    flash(_("The list has been changed."))
    return redirect(url_for("lists.show", list_id=list_id), 303)


def chosen_approver_list(field: str) -> ApproverList | None:
    """Return the approver list chosen in this field, or None; raises Unknown."""
    number = request.form.get(field, "")
    return approver_list_by_id(g.session, row_id(number) or 0) if number.isdecimal() else None
