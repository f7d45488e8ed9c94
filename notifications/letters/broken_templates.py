"""Report an operator's template that fails to render: to the log and the audit log, once a day."""

import logging
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Act, Actor, AuditEntry, record
from models.clock import now

log = logging.getLogger(__name__)

# A template fails for each letter; an administrator reads of it once.
SILENCE = timedelta(days=1)


def report_broken_template(session: Session, template: str, failure: Exception) -> None:
    """Record that our own template was used instead, unless that is on record.

    The failure's text is left out: it may quote the letter.
    """
    earlier = select(AuditEntry.id).where(
        AuditEntry.act == Act.FELL_BACK,
        AuditEntry.at > now() - SILENCE,
        AuditEntry.detail["template"].astext == template,
    )
    if session.scalar(earlier.limit(1)) is not None:
        return
    reason = type(failure).__name__
    log.error("own template failed, ours was used", extra={"template": template, "reason": reason})
    record(session, Act.FELL_BACK, actor=Actor.system(), template=template, reason=reason)
