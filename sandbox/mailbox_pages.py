"""Web pages that show every mail of the test mailbox, with a form to reply."""

import re
from collections import Counter
from html import escape, unescape

from flask import Flask, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from sandbox.mail_replies import Reply, content_of, deliver, pieces
from sandbox.mailbox import Mail, Mailbox
from sandbox.web_server import WebServer

SHOWN = ("From", "To", "Reply-To", "Date", "Auto-Submitted", "References")

# The HTML of a letter is not trusted: no scripts, no network, but its links work.
ISOLATED = (
    "sandbox allow-top-navigation-by-user-activation; "
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
)


class MailboxPages(WebServer):
    """`with MailboxPages(mailbox, lmtp="127.0.0.1:8024") as pages:` serves them at `pages.url`.

    Replies are delivered by LMTP; `lmtp` may be set later.
    """

    def __init__(self, mailbox: Mailbox, *, lmtp: str, port: int = 0) -> None:
        self.lmtp = lmtp
        self._mailbox = mailbox
        app = Flask(__name__)
        super().__init__(app, port=port)
        app.get("/", endpoint="mailboxes")(self._mailboxes)
        app.get("/to/<address>", endpoint="mailbox")(self._one_mailbox)
        app.get("/to/<address>/<int:number>", endpoint="mail")(self._mail)
        app.get("/to/<address>/<int:number>/html", endpoint="html")(self._html)
        app.get("/to/<address>/<int:number>/reply", endpoint="reply")(self._write)
        app.post("/to/<address>/<int:number>/reply", endpoint="send")(self._send)

    def _mailboxes(self) -> str:
        """Each recipient, with the number of their mails."""
        counts = Counter(to for mail in self._mailbox.mails for to in mail.recipients)
        return render_template("mailboxes.html", mailboxes=sorted(counts.items()))

    def _one_mailbox(self, address: str) -> str:
        """One person's mails, the newest first."""
        theirs = list(enumerate(self._mailbox.to(address), 1))
        return render_template(
            "mailbox.html", address=address, mails=theirs[::-1], notice=request.args.get("notice")
        )

    def _mail(self, address: str, number: int) -> str:
        """One mail: its headers, its text with links that work, its HTML, its attachments."""
        mail = self._found(address, number)
        plain = mail.message.get_body(("plain",))
        text = [
            (words, self._reply_link(address, number, link) if link[:7] == "mailto:" else link)
            for words, link in pieces(content_of(plain) if plain else "")
        ]
        return render_template(
            "mail.html",
            address=address,
            number=number,
            message=mail.message,
            shown=SHOWN,
            text=text,
            has_html=mail.message.get_body(("html",)) is not None,
            attachments=list(mail.message.iter_attachments()),
        )

    def _html(self, address: str, number: int) -> Response:
        """The HTML part, for the frame; its mailto: links open the reply form."""
        part = self._found(address, number).message.get_body(("html",)) or abort(404)

        def ours(link: re.Match[str]) -> str:
            return f'href="{escape(self._reply_link(address, number, unescape(link[2])))}"'

        letter = re.sub(r"""href\s*=\s*(["'])(mailto:.*?)\1""", ours, content_of(part))
        answer = make_response(f'<base target="_top">{letter}')
        answer.headers["Content-Security-Policy"] = ISOLATED
        return answer

    def _write(self, address: str, number: int) -> str:
        """The form, with the letter quoted, or filled in from a mailto: link."""
        link = request.args.get("link")
        mail = self._found(address, number)
        reply = Reply.from_link(link) if link else Reply.to_mail(mail.message)
        return render_template("reply.html", address=address, reply=reply)

    def _send(self, address: str, number: int) -> str | Response:
        """Deliver the reply, or show the form again with Listgate's answer."""
        del number
        reply = Reply(**request.form)
        try:
            deliver(reply.message(address), lmtp=self.lmtp)
        except (OSError, ValueError) as refused:
            notice = f"Listgate did not accept it: {refused}"
            return render_template("reply.html", address=address, reply=reply, notice=notice)
        return redirect(url_for("mailbox", address=address, notice="Delivered to Listgate."), 303)

    def _found(self, address: str, number: int) -> Mail:
        theirs = self._mailbox.to(address)
        return theirs[number - 1] if 0 < number <= len(theirs) else abort(404)

    def _reply_link(self, address: str, number: int, link: str) -> str:
        return url_for("reply", address=address, number=number, link=link)
