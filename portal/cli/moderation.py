"""`listgate decide` and `listgate withdraw`."""

from enum import StrEnum
from typing import Annotated

import typer

from models import Door, Verdict
from portal.cli.messages import report
from portal.cli.options import As, RequestId, acting
from workflows import access
from workflows.moderation import decide as moderation

app = typer.Typer()


class Answer(StrEnum):
    """What an approver may type."""

    APPROVE = "approve"
    REJECT = "reject"


VERDICTS = {Answer.APPROVE: Verdict.APPROVED, Answer.REJECT: Verdict.REJECTED}


@app.command()
def decide(
    request_id: RequestId,
    answer: Annotated[Answer, typer.Argument(help="The answer.")],
    approver: As,
    comment: Annotated[str, typer.Option(help="The reason; a rejected author reads it.")] = "",
) -> None:
    """Answer a request; the first answer decides."""
    with acting() as (session, done):
        user = access.acting_user(session, approver, Door.COMMAND_LINE)
        request = moderation.request_by_id(session, request_id)
        moderation.decide(
            session, request, user, VERDICTS[answer], via=Door.COMMAND_LINE, comment=comment
        )
        done(report(session, request.message))


@app.command()
def withdraw(request_id: RequestId, author: As) -> None:
    """Take the question back before anybody has answered; the message is a draft again."""
    with acting() as (session, done):
        user = access.acting_user(session, author, Door.COMMAND_LINE)
        request = moderation.request_by_id(session, request_id)
        moderation.withdraw(session, request, user, via=Door.COMMAND_LINE)
        done(report(session, request.message))
