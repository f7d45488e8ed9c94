"""Steps that several stories have in common."""

from playwright.sync_api import Page, expect

from sandbox.stack import Stack


def ask(author: Page, subject: str, html: str = "", *, mailing_list: str = "announce") -> None:
    """Have an author write a message and ask for approval."""
    author.goto("/messages/new")
    author.get_by_label("List", exact=True).select_option(mailing_list)
    author.get_by_label("Subject").fill(subject)
    author.get_by_label("As text").fill("Dear members,\n\nplease come.\n")
    author.get_by_label("As HTML").fill(html)
    author.get_by_role("button", name="Save the draft").click()
    author.get_by_role("button", name="Request approval").click()
    expect(author.get_by_text("The approvers have been asked.")).to_be_visible()


def read(approver: Page, subject: str) -> None:
    """Have an approver open a message that waits for approval."""
    approver.goto("/requests")
    approver.get_by_role("button", name=subject, exact=True).click()
    expect(approver.get_by_text("please come.")).to_be_visible()


def subjects(stack: Stack, address: str) -> list[str]:
    """Return the subjects of the mails to an address."""
    return [str(mail.message["Subject"]) for mail in stack.mailbox.to(address)]
