"""Push a list, from another service."""

from sqlalchemy.orm import Session

from models import Scope, SyncState
from settings import settings
from workflows.public.call import ACTS, LIST, AList, Answer, Call, Person
from workflows.public.caller import Caller
from workflows.public.declare import public
from workflows.sync.request import push_now, require_maillists


class Pushed(Answer):
    """A push that was requested."""

    list: str
    sync_id: int
    sync: SyncState


class PushList(Call):
    """Push a list to the list server at once, whether or not anything has changed."""

    list: AList = LIST
    by_id: Person | None = ACTS


@public("listgate.push_list", Scope.LISTS)
def push_list(session: Session, caller: Caller, call: PushList) -> Pushed:
    """Push a list."""
    require_maillists(enabled=settings.maillists_enabled)
    actor = caller.actor(session, call.by_id)
    which = caller.mailing_list(session, call.list)
    sync = push_now(session, which, actor=actor)
    return Pushed(list=which.short_name, sync_id=sync.id, sync=sync.state)
