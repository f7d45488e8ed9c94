"""A letter as an e-mail: its header, its words as text and HTML, and the message it is about."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from secrets import token_hex

from models import Notification, User
from notifications.letters import LETTERS, shared
from notifications.mailer import Mailer
from notifications.rendering import Rendered, render


def compose(notification: Notification, mailer: Mailer) -> bytes:
    """The letter's bytes (RFC 5322, CRLF)."""
    letter = LETTERS[notification.letter]
    words = render(letter.name, shared(notification) | letter.facts(notification))
    mail = headed(notification, mailer, words)
    mail.set_content(words.text)
    mail.add_alternative(words.html, subtype="html")
    attachment = letter.attachment(notification)
    return mail.as_bytes() if attachment is None else with_attached(mail, attachment)


def headed(notification: Notification, mailer: Mailer, words: Rendered) -> EmailMessage:
    """An empty mail from us to the recipient."""
    # A header may hold an internationalised address only as it is (RFC 6532).
    mail = EmailMessage(policy=SMTP if notification.user.address.isascii() else SMTPUTF8)
    mail["From"] = mailer.mail_from
    mail["To"] = mailbox(notification.user)
    mail["Subject"] = words.subject
    mail["Date"] = format_datetime(notification.due_at)
    # The same at each attempt, so that a mailbox shows a letter once that a crash had sent twice.
    domain = parseaddr(mailer.mail_from)[1].rpartition("@")[2]
    mail["Message-ID"] = f"<notification.{notification.id}@{domain}>"
    # RFC 3834, and Exchange's own word for it: nobody's holiday note should answer us.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    return mail


def mailbox(user: User) -> Address:
    """The person as a header names them."""
    name, _, domain = user.address.rpartition("@")
    return Address(display_name=user.name, username=name, domain=domain)


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
