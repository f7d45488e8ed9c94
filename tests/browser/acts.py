"""Steps that several stories have in common."""

from playwright.sync_api import Page, expect

from sandbox.stack import Stack


def ask(ada: Page, subject: str, html: str = "") -> None:
    """Have Ada write a message and ask for approval."""
    ada.goto("/messages/new")
    ada.get_by_label("List", exact=True).select_option("announce")
    ada.get_by_label("Subject").fill(subject)
    ada.get_by_label("As text").fill("Dear members,\n\nplease come.\n")
    ada.get_by_label("As HTML").fill(html)
    ada.get_by_role("button", name="Save the draft").click()
    ada.get_by_role("button", name="Request approval").click()
    expect(ada.get_by_text("The approvers have been asked.")).to_be_visible()


def read(approver: Page, subject: str) -> None:
    """Have an approver open a message that waits for approval."""
    approver.goto("/requests")
    approver.get_by_role("button", name=subject, exact=True).click()
    expect(approver.get_by_text("please come.")).to_be_visible()


def subjects(stack: Stack, address: str) -> list[str]:
    """Return the subjects of the mails to an address."""
    return [str(mail.message["Subject"]) for mail in stack.mailbox.to(address)]
