"""A letter as an e-mail: its header, its words as text and HTML, and the message it is about."""

from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from secrets import token_hex

from sqlalchemy import select
from sqlalchemy.orm import object_session

from models import Channel, LetterName, Notification
from notifications.letters.context import Voice
from notifications.letters.letters import LETTERS, invitation_of, shared
from notifications.letters.rendering import Words
from notifications.mime.envelope import wire_address
from notifications.mime.mail_header import HEADER_POLICY, mailbox, worded

# Letters that are answered by a reply.
ANSWERABLE = {LetterName.MODERATE, LetterName.REMINDER, LetterName.NOT_UNDERSTOOD}


def words(notification: Notification, voice: Voice) -> Words:
    """The letter in the recipient's language."""
    special = LETTERS[notification.letter].facts(notification, voice)
    facts = {**shared(notification, voice), **special}
    return Words(
        notification.letter,
        facts,
        language=notification.user.language,
        list_name=facts.get("list"),
        templates_dir=voice.templates_dir,
    )


def compose(notification: Notification, voice: Voice) -> bytes:
    """The letter's bytes (RFC 5322, CRLF)."""
    said = words(notification, voice)
    mail = headed(notification, voice, said.subject)
    mail.set_content(said.text)
    mail.add_alternative(said.html, subtype="html")
    attachment = LETTERS[notification.letter].attachment(notification)
    return mail.as_bytes() if attachment is None else with_attached(mail, attachment)


def headed(notification: Notification, voice: Voice, subject: str) -> EmailMessage:
    """An empty mail from us to the recipient."""
    address, (our_name, our_address) = notification.address, parseaddr(voice.mailer.mail_from)
    # Only before its @ may an address need more than ASCII, and then the whole header (RFC 6532).
    mail = EmailMessage(policy=HEADER_POLICY.clone(utf8=not wire_address(address).isascii()))
    mail.set_raw("From", mailbox(our_name, our_address))
    mail.set_raw("To", mailbox(notification.user.name, address))
    if notification.letter in ANSWERABLE:
        mail["Reply-To"] = wire_address(voice.reply_to(invitation_of(notification).id))
    mail.set_raw("Subject", worded(subject, "Subject"))
    mail["Date"] = format_datetime(notification.due_at)
    # The same at each attempt, so that a mailbox shows a letter once that a crash had sent twice.
    mail["Message-ID"] = message_id(notification.id, voice)
    if first := first_letter(notification):
        mail["In-Reply-To"] = mail["References"] = message_id(first, voice)
    # RFC 3834, and Exchange's own word for it: nobody's holiday note should answer us.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    return mail


def message_id(notification_id: int, voice: Voice) -> str:
    """By which a bounce, or a mail program's thread, finds the letter again."""
    domain = wire_address(parseaddr(voice.mailer.mail_from)[1]).rpartition("@")[2]
    return f"<notification.{notification_id}@{domain}>"


def first_letter(notification: Notification) -> int | None:
    """The letter that began this conversation: the question, if this person got it by mail."""
    session = object_session(notification)
    assert session is not None
    if notification.letter is LetterName.MODERATE or notification.request_id is None:
        return None
    return session.scalar(
        select(Notification.id)
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


def with_attached(mail: EmailMessage, attachment: bytes) -> bytes:
    """The mail with another one attached, byte for byte.

    Python's generator would parse and rewrite it, and signatures and odd charsets would not
    survive; so a stand-in goes through the generator, and the bytes take its place.
    """
    stand_in = token_hex(16)
    part = EmailMessage(policy=mail.policy)
    part["Content-Type"] = "message/rfc822"
    part["Content-Disposition"] = 'attachment; filename="message.eml"'
    part["Content-Transfer-Encoding"] = "7bit" if attachment.isascii() else "8bit"
    part.set_payload(stand_in)
    mail.make_mixed()
    mail.attach(part)
    return mail.as_bytes().replace(stand_in.encode(), attachment)
