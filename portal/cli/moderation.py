"""`listgate requests`, `decide` and `withdraw`."""

from enum import StrEnum
from typing import Annotated

import typer

from models import Verdict
from portal.cli.message_text import report
from portal.cli.options import As, RequestId, acting, actor_as, local, show
from workflows.moderation import decide as moderation
from workflows.queries.approver_inbox import open_requests
from workflows.transaction import transaction

app = typer.Typer()


class Answer(StrEnum):
    """The answers that an approver may type."""

    APPROVE = "approve"
    REJECT = "reject"
    SEND_BACK = "send-back"


VERDICTS = {
    Answer.APPROVE: Verdict.APPROVED,
    Answer.REJECT: Verdict.REJECTED,
    Answer.SEND_BACK: Verdict.SENT_BACK,
}


@app.command("requests")
def show_requests(approver: As) -> None:
    """Show the requests that wait for a person's answer, oldest first."""
    with transaction() as session:
        found = session.scalars(open_requests(actor_as(session, approver).person)).all()
        show(
            "request",
            "asked",
            "message",
            "list",
            "author",
            "subject",
            rows=[
                (
                    str(one.id),
                    local(one.asked_at),
                    str(one.message_id),
                    one.message.mailing_list.short_name,
                    one.message.author.name,
                    one.message.subject,
                )
                for one in found
            ],
            empty="No request waits for an answer.",
        )


@app.command()
def decide(
    request_id: RequestId,
    answer: Annotated[Answer, typer.Argument(help="Your answer.")],
    approver: As,
    comment: Annotated[
        str, typer.Option(help="What a rejected author reads, or should change.")
    ] = "",
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
