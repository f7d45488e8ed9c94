"""A letter as an e-mail: its header, its words as text and HTML, and the message it is about."""

import re
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr, quote
from secrets import token_hex

from models import Notification
from notifications.envelope import wire_address
from notifications.letters import LETTERS, shared
from notifications.mailer import Mailer
from notifications.rendering import Rendered, render

# What we have put into a header field stays as it is; Python would decode and fold it anew.
POLICY = SMTP.clone(refold_source="none")

# Characters: what is longer does not go into one header line.
LONGEST_PHRASE = 70

# What may stand before an address without quotation marks (RFC 5322, 3.2.3).
ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")


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
    user, (our_name, our_address) = notification.user, parseaddr(mailer.mail_from)
    # Only before its @ may an address need more than ASCII, and then the whole header (RFC 6532).
    mail = EmailMessage(policy=POLICY.clone(utf8=not wire_address(user.address).isascii()))
    mail.set_raw("From", mailbox(our_name, our_address))
    mail.set_raw("To", mailbox(user.name, user.address))
    mail.set_raw("Subject", worded(words.subject, "Subject"))
    mail["Date"] = format_datetime(notification.due_at)
    # The same at each attempt, so that a mailbox shows a letter once that a crash had sent twice.
    domain = wire_address(our_address).rpartition("@")[2]
    mail["Message-ID"] = f"<notification.{notification.id}@{domain}>"
    # RFC 3834, and Exchange's own word for it: nobody's holiday note should answer us.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    return mail


def mailbox(name: str, address: str) -> str:
    """A person as a header names them."""
    short = is_plain(name) and len(name) < LONGEST_PHRASE
    if short and ATOMS.fullmatch(name):
        phrase = name
    elif short:
        phrase = f'"{quote(name)}"'
    else:
        phrase = encoded(name, "To")
    return f"{phrase} <{wire_address(address)}>"


def worded(text: str, field: str) -> str:
    """A text as a header field holds it, in lines of at most 76 characters."""
    if not is_plain(text):
        return encoded(text, field)
    return Header(text, "us-ascii", header_name=field).encode()


def encoded(text: str, field: str) -> str:
    """A text in encoded words (RFC 2047)."""
    return Header(text, "utf-8", header_name=field).encode()


def is_plain(text: str) -> bool:
    """Whether a header field can hold the text as it is.

    What only looks like an encoded word is encoded itself: its reader would decode it, and there
    may be a line break in it.  A word that is longer than a line could not be folded.
    """
    longest = max(map(len, text.split()), default=0)
    return text.isascii() and "=?" not in text and longest < LONGEST_PHRASE


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
