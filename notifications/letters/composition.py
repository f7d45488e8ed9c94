"""Compose a letter as an e-mail: header, text, HTML, and the messages that it is about."""

from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from functools import partial
from secrets import token_hex

from sqlalchemy import select
from sqlalchemy.orm import object_session

from models import Channel, LetterName, Notification, marked
from models.messages import VARIANT_LETTERS
from notifications.letters.about import approver_keys_of
from notifications.letters.broken_templates import report_broken_template
from notifications.letters.context import LetterContext
from notifications.letters.letters import LETTERS, shared_variables
from notifications.letters.rendering import RenderedLetter
from notifications.mime.envelope import wire_address
from notifications.mime.mail_header import HEADER_POLICY, mailbox, text_field

# Letters that can be answered by a reply.
ANSWERABLE = {
    LetterName.MODERATE,
    LetterName.REMINDER,
    LetterName.NOT_UNDERSTOOD,
    LetterName.OTHER_SENDER,
}


def compose(notification: Notification, context: LetterContext) -> bytes:
    """Return the letter as a mail (RFC 5322, CRLF)."""
    letter = render(notification, context)
    mail = mail_with_header(notification, context, letter.subject)
    mail.set_content(letter.text)
    mail.add_alternative(letter.html, subtype="html")
    return attach_mails(mail, LETTERS[notification.letter].attachments(notification, context))


def render(notification: Notification, context: LetterContext) -> RenderedLetter:
    """Render the letter in the recipient's language.

    A template of the operator's that fails is reported, and ours is used instead.
    """
    session = object_session(notification)
    assert session is not None
    own_variables = LETTERS[notification.letter].variables(notification, context)
    variables = {**shared_variables(notification, context), **own_variables}
    return RenderedLetter(
        notification.letter,
        variables,
        language=notification.user.language,
        list_name=variables.get("list"),
        templates_dir=context.templates_dir,
        on_broken=partial(report_broken_template, session),
    )


def mail_with_header(
    notification: Notification, context: LetterContext, subject: str
) -> EmailMessage:
    """Return a mail to the recipient that has no body yet."""
    address, (our_name, our_address) = notification.address, parseaddr(context.mailer.mail_from)
    # An address may need more than ASCII only before its @; then the header is UTF-8 (RFC 6532).
    mail = EmailMessage(policy=HEADER_POLICY.clone(utf8=not wire_address(address).isascii()))
    mail.set_raw("From", mailbox(our_name, our_address))
    mail.set_raw("To", mailbox(notification.user.name, address))
    if notification.letter in ANSWERABLE:
        mail["Reply-To"] = wire_address(context.reply_to(approver_keys_of(notification).id))
    mail.set_raw("Subject", text_field(subject, "Subject"))
    mail["Date"] = format_datetime(notification.due_at)
    # The same at each attempt, so that a mailbox shows a letter once that a crash has sent twice.
    mail["Message-ID"] = message_id(notification, context)
    if first := first_letter(notification):
        mail["In-Reply-To"] = mail["References"] = message_id(first, context)
    # RFC 3834, and Exchange's own field: out-of-office programs must not answer.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    return mail


def message_id(notification: Notification, context: LetterContext) -> str:
    """Return the Message-ID by which bounces and threads refer to the letter."""
    domain = wire_address(parseaddr(context.mailer.mail_from)[1]).rpartition("@")[2]
    return f"<notification.{marked(notification.id, notification.mark)}@{domain}>"


def first_letter(notification: Notification) -> Notification | None:
    """Return the e-mail that asked this person about this request, if there was one."""
    session = object_session(notification)
    assert session is not None
    if notification.letter is LetterName.MODERATE or notification.request_id is None:
        return None
    return session.scalar(
        select(Notification)
        .where(
            Notification.request_id == notification.request_id,
            Notification.user_id == notification.user_id,
            Notification.letter == LetterName.MODERATE,
            Notification.channel == Channel.EMAIL,
            Notification.sent_at.is_not(None),
        )
        .order_by(Notification.id)
        .limit(1)
    )


def attach_mails(mail: EmailMessage, attachments: Sequence[bytes]) -> bytes:
    """Return the mail with others attached, byte for byte.

    Python's generator would parse and rewrite an attachment, which breaks signatures and unusual
    charsets.  So it generates placeholders, which are then replaced by the bytes.
    """
    placeholders = {token_hex(16).encode(): one for one in attachments}
    if placeholders:
        mail.make_mixed()
    for number, (placeholder, attachment) in enumerate(placeholders.items()):
        name = f"variant-{VARIANT_LETTERS[number].lower()}" if len(attachments) > 1 else "message"
        part = EmailMessage(policy=mail.policy)
        part["Content-Type"] = "message/rfc822"
        part["Content-Disposition"] = f'attachment; filename="{name}.eml"'
        part["Content-Transfer-Encoding"] = "7bit" if attachment.isascii() else "8bit"
        part.set_payload(placeholder.decode())
        mail.attach(part)
    whole = mail.as_bytes()
    for placeholder, attachment in placeholders.items():
        whole = whole.replace(placeholder, attachment, 1)
    return whole
