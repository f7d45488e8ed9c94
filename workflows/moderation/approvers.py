"""Who may answer a request."""

from typing import Any

from models import Actor, ModerationRequest, Trespass, User


class NotAnApprover(Trespass):
    """The actor is not on the approver list now and no deputy, or is the author under four eyes."""


def require_approver(request: ModerationRequest, actor: Actor) -> User | None:
    """Return the approver for whom the actor would answer; None in their own right.

    Raises NotAnApprover unless the actor may answer this request now.
    """
    user = actor.person
    if user in request.own_approvers():  # which, unlike that for deputies, needs no query
        return None
    deputies = request.answerers().deputies
    if user in deputies:
        return deputies[user].user
    mailing_list = request.message.mailing_list
    place: dict[str, Any] = {**actor.signature, **request.message.place}
    if user == request.message.author and mailing_list.excludes_author:
        raise NotAnApprover(
            "%(user)s wrote this message, and the list %(list)s requires four eyes.",
            user=user,
            list=mailing_list,
            **place,
        )
    raise NotAnApprover(
        # The list is not named: who may not answer may not know of the request either.
        "%(user)s is not among the approvers of request %(number)d.",
        user=user,
        number=request.id,
        **place,
    )
