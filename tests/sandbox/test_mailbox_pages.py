"""The mailbox pages: reading mails, and replying to one."""

import re
import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from html import unescape
from urllib.parse import quote

import pytest
import urllib3

from sandbox.mailbox import Mailbox
from sandbox.mailbox_pages import MailboxPages
from tests.sandbox.lmtp_receiver import Receiver, listening

GRACE, EDSGER = "grace@example.org", "edsger@example.org"
TOKEN = "moderation+abcdefghijklmnopqrstuvwxyz@example.org"
APPROVE = f"mailto:{TOKEN}?subject=Re%3A%20A%20%26%20B&body=approve%0D%0A1%2B1"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as receiver:
        yield receiver


@pytest.fixture
def pages(mailbox: Mailbox, receiver: Receiver) -> Iterator[MailboxPages]:
    with MailboxPages(mailbox, lmtp=receiver.address) as running:
        yield running


def letter(text: str = "Please approve.\n", html: str = "") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Listgate <listgate@example.org>"
    message["To"], message["Reply-To"] = GRACE, TOKEN
    message["Subject"], message["Date"] = "A & B?", "Mon, 02 Feb 2026 10:00:00 +0000"
    message["Message-ID"], message["References"] = "<2@example.org>", "<1@example.org>"
    message.set_content(text)
    if html:
        message.add_alternative(html, subtype="html")
    return message


def deliver(mailbox: Mailbox, message: EmailMessage, *recipients: str) -> None:
    with smtplib.SMTP("127.0.0.1", mailbox.port, local_hostname="localhost") as client:
        client.send_message(message, "listgate@example.org", recipients or [GRACE])


def get(pages: MailboxPages, path: str, *, status: int = 200) -> urllib3.BaseHTTPResponse:
    with urllib3.PoolManager() as browser:
        answer = browser.request("GET", pages.url + path)
    assert answer.status == status
    return answer


def page(pages: MailboxPages, path: str) -> str:
    return get(pages, path).data.decode()


def press_send(pages: MailboxPages, path: str, **changed: str) -> str:
    """Open a form, change some fields, submit it; return the next page."""
    form = page(pages, path)
    fields = {
        name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form)
    }
    written = re.search(r"<textarea.*?>\n(.*)</textarea>", form, re.DOTALL)
    assert written is not None
    fields |= {"text": unescape(written[1])} | changed
    with urllib3.PoolManager() as browser:
        url = pages.url + path.partition("?")[0]
        shown = browser.request("POST", url, fields=fields, encode_multipart=False)
    return unescape(shown.data.decode())


def test_the_first_page_counts_each_persons_mails(mailbox: Mailbox, pages: MailboxPages) -> None:
    assert "No mail yet" in page(pages, "/")
    deliver(mailbox, letter(), GRACE, EDSGER)
    deliver(mailbox, letter(), GRACE)

    shown = page(pages, "/")
    assert f"{GRACE}</a>: 2" in shown
    assert f"{EDSGER}</a>: 1" in shown


def test_a_mailbox_shows_the_newest_first(mailbox: Mailbox, pages: MailboxPages) -> None:
    for subject in ("older", "newer"):
        message = letter()
        message.replace_header("Subject", subject)
        deliver(mailbox, message)

    shown = page(pages, f"/to/{GRACE}")
    assert shown.index("newer") < shown.index("older")


def test_a_mail_shows_its_text_its_html_and_its_attachments(
    mailbox: Mailbox, pages: MailboxPages
) -> None:
    message = letter("Read https://example.org/1.\n", "<p>Read it</p>")
    message.add_attachment(letter("The message itself"))
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="a<b>.pdf")
    deliver(mailbox, message)

    shown = page(pages, f"/to/{GRACE}/1")
    assert '<a href="https://example.org/1">https://example.org/1</a>.' in shown
    assert f"Reply-To: {TOKEN}" in shown
    assert 'sandbox="allow-top-navigation-by-user-activation"' in shown
    assert "message/rfc822" in shown
    assert "a&lt;b&gt;.pdf" in shown


def test_a_mail_of_html_alone_has_no_text(mailbox: Mailbox, pages: MailboxPages) -> None:
    message = letter()
    message.set_content("<p>Hello</p>", subtype="html")
    deliver(mailbox, message)

    assert "<iframe" in page(pages, f"/to/{GRACE}/1")
    assert "> Hello" in unescape(page(pages, f"/to/{GRACE}/1/reply"))


def test_the_letter_runs_no_script(mailbox: Mailbox, pages: MailboxPages) -> None:
    deliver(mailbox, letter("<script>1</script>", "<script>2</script>"))

    assert "<script" not in page(pages, f"/to/{GRACE}/1")
    answer = get(pages, f"/to/{GRACE}/1/html")
    assert "<script>2" in answer.data.decode()
    allowed = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in allowed
    assert "sandbox" in allowed
    assert "allow-scripts" not in allowed


@pytest.mark.parametrize("path", ["/to/grace@example.org/1", "/to/grace@example.org/0/html"])
def test_a_mail_that_is_not_there_is_not_found(pages: MailboxPages, path: str) -> None:
    get(pages, path, status=404)


def test_a_reply_is_addressed_threaded_and_quotes(
    mailbox: Mailbox, pages: MailboxPages, receiver: Receiver
) -> None:
    deliver(mailbox, letter())

    shown = press_send(pages, f"/to/{GRACE}/1/reply")

    assert "Delivered to Listgate" in shown
    (envelope,), reply = receiver.envelopes, receiver.mail()
    assert (envelope.mail_from, envelope.rcpt_tos) == (GRACE, [TOKEN])
    assert (reply["From"], reply["To"], reply["Subject"]) == (GRACE, TOKEN, "Re: A & B?")
    assert reply["In-Reply-To"] == "<2@example.org>"
    assert reply["References"] == "<1@example.org> <2@example.org>"
    assert "wrote:\n> Please approve.\n" in receiver.words()


def test_a_reply_has_the_typed_text(
    mailbox: Mailbox, pages: MailboxPages, receiver: Receiver
) -> None:
    message = letter()
    message.replace_header("Subject", "RE: A & B?")
    deliver(mailbox, message)

    press_send(pages, f"/to/{GRACE}/1/reply", text="freigeben: schön\r\n.\r\n> quoted")

    assert receiver.mail()["Subject"] == "RE: A & B?"
    assert receiver.words() == "freigeben: schön\n.\n> quoted\n"


@pytest.mark.parametrize("part", ["text", "html"])
def test_a_mailto_link_opens_the_form_filled(
    mailbox: Mailbox, pages: MailboxPages, receiver: Receiver, part: str
) -> None:
    href = APPROVE.replace("&", "&amp;")
    deliver(mailbox, letter(f"Approve: <{APPROVE}>\n", f"<a class=x href='{href}'>Approve</a>"))
    path = f"/to/{GRACE}/1" + ("/html" if part == "html" else "")
    link = re.search(r'href="(/to/[^"]*link=[^"]*)"', page(pages, path))
    assert link is not None

    press_send(pages, unescape(link[1]))

    assert (receiver.mail()["To"], receiver.mail()["Subject"]) == (TOKEN, "Re: A & B")
    assert receiver.words() == "approve\n1+1\n"
    assert receiver.mail()["In-Reply-To"] is None


def test_an_address_with_an_accent_can_reply(
    mailbox: Mailbox, pages: MailboxPages, receiver: Receiver
) -> None:
    deliver(mailbox, letter(), "rené@exemple.fr")

    press_send(pages, f"/to/{quote('rené@exemple.fr')}/1/reply")

    assert receiver.mail()["From"] == "rené@exemple.fr"


def test_a_refused_reply_stays_in_the_form(
    mailbox: Mailbox, pages: MailboxPages, receiver: Receiver
) -> None:
    receiver.reply = "451 4.3.0 Later"
    deliver(mailbox, letter())

    shown = press_send(pages, f"/to/{GRACE}/1/reply", text="approve")

    assert "Listgate did not accept it" in shown
    assert "4.3.0 Later" in shown
    assert ">\napprove</textarea>" in shown


@pytest.mark.parametrize("to", ["", "  ", ","])
def test_a_reply_without_recipient_is_not_sent(
    mailbox: Mailbox, pages: MailboxPages, receiver: Receiver, to: str
) -> None:
    deliver(mailbox, letter())

    assert "There is no address" in press_send(pages, f"/to/{GRACE}/1/reply", to=to)
    assert receiver.envelopes == []


def test_no_header_can_be_injected(
    mailbox: Mailbox, pages: MailboxPages, receiver: Receiver
) -> None:
    deliver(mailbox, letter())

    press_send(pages, f"/to/{GRACE}/1/reply", subject="Re:\r\nBcc: c@example.org")

    assert receiver.envelopes[0].rcpt_tos == [TOKEN]
    assert receiver.mail()["Bcc"] is None


def test_an_unavailable_server_is_reported(mailbox: Mailbox, pages: MailboxPages) -> None:
    pages.lmtp = "127.0.0.1:9"
    deliver(mailbox, letter())

    assert "Listgate did not accept it" in press_send(pages, f"/to/{GRACE}/1/reply")
