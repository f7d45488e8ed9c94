"""`listgate decide` and `listgate withdraw`."""

from enum import StrEnum
from typing import Annotated

import typer

from models import Verdict
from portal.cli.messages import report
from portal.cli.options import As, RequestId, acting, actor_as
from workflows.moderation import decide as moderation

app = typer.Typer()


class Answer(StrEnum):
    """The answers that an approver may type."""

    APPROVE = "approve"
    REJECT = "reject"


VERDICTS = {Answer.APPROVE: Verdict.APPROVED, Answer.REJECT: Verdict.REJECTED}


@app.command()
def decide(
    request_id: RequestId,
    answer: Annotated[Answer, typer.Argument(help="Your answer.")],
    approver: As,
    comment: Annotated[str, typer.Option(help="The author reads it on rejection.")] = "",
) -> None:
    """Answer a request; the first answer decides."""
    with acting() as (session, done):
        actor = actor_as(session, approver)
        request = moderation.request_by_id(session, request_id)
        moderation.decide(session, request, VERDICTS[answer], actor=actor, comment=comment)
        done(report(session, request.message))


@app.command()
def withdraw(request_id: RequestId, author: As) -> None:
    """Withdraw an open request; the message becomes a draft again."""
    with acting() as (session, done):
        actor = actor_as(session, author)
        request = moderation.request_by_id(session, request_id)
        moderation.withdraw(session, request, actor=actor)
        done(report(session, request.message))
