"""Services: show, add and change them, disable and enable them, and make and revoke keys."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from models import ActsFor, Invalid, Right, Scope, Service, ServiceKey, Unknown
from models.clock import now
from portal.lists.words import chosen
from portal.web.flash import flash
from portal.web.i18n import gettext as _
from portal.web.operators_keys import own_keys
from portal.web.sign_in import current_actor, signed_in
from portal.wording.scope_names import FOR_WHOM, WORDS
from workflows.access import require
from workflows.services import services as verbs

pages = Blueprint("services", __name__)

MAX_DAYS = 3650
# Between making a key and the page that shows it.
SHOWN_WITHIN = 600  # seconds


@pages.get("/services")
@signed_in
def overview() -> ResponseReturnValue:
    """Show each service with what it may do, and when it last called."""
    require(current_actor(), Right.EDIT_USERS)
    return render_template(
        "services/overview.html",
        services=verbs.all_services(g.session),
        last_used=last_used,
        for_whom=lambda acts_for: FOR_WHOM[acts_for](_),
    )


@pages.get("/services/new")
@signed_in
def new() -> ResponseReturnValue:
    """Show the form for a new service."""
    require(current_actor(), Right.EDIT_USERS)
    return render_template("services/new.html", **choices())


@pages.post("/services/new")
@signed_in
def create() -> ResponseReturnValue:
    """Add the service with a key, which its page shows."""
    require(current_actor(), Right.EDIT_USERS)
    service = verbs.add_service(
        g.session,
        request.form.get("name", ""),
        checked_scopes(),
        acts_for=chosen(ActsFor, "acts_for"),
        actor=current_actor(),
    )
    show_once(verbs.add_key(g.session, service, actor=current_actor()))
    flash(_("The service has been added."))
    return redirect(url_for(".show", service_id=service.id), 303)


@pages.get("/services/<id:service_id>")
@signed_in
def show(service_id: int) -> ResponseReturnValue:
    """Show what the service may do, its keys, and once the token of a new key."""
    return service_page(service_id)


@pages.get("/services/<id:service_id>/keys")
@signed_in
def keys(service_id: int) -> ResponseReturnValue:
    """Show the same, with what was typed into the form for a key, if that was refused."""
    return service_page(service_id, of_key=True)


@pages.post("/services/<id:service_id>")
@signed_in
def change(service_id: int) -> ResponseReturnValue:
    """Save what the service may do, which applies at once."""
    verbs.set_service(
        g.session,
        service_to_edit(service_id),
        scopes=checked_scopes(),
        acts_for=chosen(ActsFor, "acts_for"),
        actor=current_actor(),
    )
    return saved(service_id)


@pages.post("/services/<id:service_id>/standing")
@signed_in
def set_standing(service_id: int) -> ResponseReturnValue:
    """Disable the service, or enable it again."""
    service, wish = service_to_edit(service_id), request.form.get("standing")
    if wish == "disabled":
        verbs.disable_service(g.session, service, actor=current_actor())
    elif wish == "enabled":
        verbs.enable_service(g.session, service, actor=current_actor())
    else:
        abort(400)
    return saved(service_id)


@pages.post("/services/<id:service_id>/keys")
@signed_in
def make_key(service_id: int) -> ResponseReturnValue:
    """Make another key, which the service's page shows once; the others stay valid."""
    service = service_to_edit(service_id)
    scopes, lasts = checked_scopes() or None, typed_days()
    key = verbs.add_key(g.session, service, scopes=scopes, lasts=lasts, actor=current_actor())
    show_once(key)
    return redirect(url_for(".show", service_id=service_id), 303)


@pages.post("/services/<id:service_id>/keys/<id:key_id>/end")
@signed_in
def revoke_key(service_id: int, key_id: int) -> ResponseReturnValue:
    """Revoke a key."""
    service = service_to_edit(service_id)
    verbs.revoke_key(g.session, service, key_id, actor=current_actor())
    return saved(service_id)


def service_page(service_id: int, *, of_key: bool = False) -> ResponseReturnValue:
    """Render the page of a service; `of_key` if a refused form was the one for a key."""
    service = service_to_edit(service_id)
    token = token_to_show(service)
    return render_template(
        "services/show.html", service=service, token=token, of_key=of_key, **choices()
    )


def saved(service_id: int) -> ResponseReturnValue:
    """Redirect to the service's page."""
    flash(_("The change has been saved."))
    return redirect(url_for(".show", service_id=service_id), 303)


def choices() -> dict[str, Any]:
    """Return what the forms offer; a refused form keeps the boxes that were checked."""
    return {
        "scopes": [(scope.value, words(_)) for scope, words in WORDS.items()],
        "for_whom": [(one.value, words(_)) for one, words in FOR_WHOM.items()],
        "typed": request.form.getlist("scope") if request.form else None,
    }


def checked_scopes() -> list[Scope]:
    """Return the checked scopes; raises Invalid."""
    names = request.form.getlist("scope")
    if not set(names) <= set(Scope):
        raise Invalid("There is no such scope.")
    return [Scope(name) for name in names]


def typed_days() -> timedelta | None:
    """Return how long the key lasts, or None for ever; raises Invalid."""
    typed = request.form.get("days", "").strip()
    if not typed:
        return None
    if not (typed.isdecimal() and len(typed) <= len(str(MAX_DAYS)) and 1 <= int(typed) <= MAX_DAYS):
        raise Invalid("A key lasts 1 to %(most)d days.", most=MAX_DAYS)
    return timedelta(days=int(typed))


def show_once(key: ServiceKey) -> None:
    """Let the next page of the service show the token; the session holds only its number."""
    session["service_key"] = {"id": key.id, "until": now().timestamp() + SHOWN_WITHIN}


def token_to_show(service: Service) -> str | None:
    """Return the token of the key that was just made, once."""
    made = session.pop("service_key", None)
    if not made or made["until"] < now().timestamp():
        return None
    key = next((each for each in service.keys if each.id == made["id"]), None)
    return own_keys().service_token(key.id, key.salt) if key else None


def last_used(service: Service) -> Any:
    """Return when one of the service's keys was last used; None if none ever was."""
    return max((key.last_used_at for key in service.keys if key.last_used_at), default=None)


def service_to_edit(service_id: int) -> Service:
    """Return the service; raises Trespass without the right to edit users, and Unknown."""
    require(current_actor(), Right.EDIT_USERS)
    service = g.session.get(Service, service_id)
    if service is None:
        raise Unknown("There is no such service.")
    found: Service = service
    return found
