"""Stories in the portal, up to the recipients' mailboxes and the list server."""

import re
from pathlib import Path

from playwright.sync_api import expect

from sandbox.stack import Stack
from tests.browser.acts import ask, read, subjects
from tests.browser.visits import DESK, PHONE, Visits
from tests.waiting import wait_for


def test_four_people_moderate_a_message(visits: Visits, running: Stack) -> None:
    ada, grace = visits.page_of("ada"), visits.page_of("grace", size=PHONE)
    linus, barbara = visits.page_of("linus", size=PHONE), visits.page_of("barbara", size=DESK)
    ask(ada, "Summer outing")
    read(grace, "Summer outing")
    read(linus, "Summer outing")

    expect(grace.get_by_text("Also looking at it now: Linus Torvalds.")).to_be_visible()
    grace.get_by_label("Comment").fill("Well said.")
    grace.get_by_role("button", name="Approve").click()
    expect(grace.get_by_text("Your answer has been recorded.")).to_be_visible()
    linus.get_by_label("Comment").fill("No.")
    with linus.expect_response(re.compile("/decision$")) as late:
        linus.get_by_role("button", name="Reject").click()

    assert late.value.status == 409
    alert = linus.get_by_role("alert")
    expect(alert).to_contain_text("Grace Hopper has already approved")
    expect(alert.locator("xpath=..")).to_contain_text("Well said.")
    assert linus.locator("time").count() > 0
    wait_for("the copy", lambda: "Summer outing" in subjects(running, "edsger@example.org"))
    expect(ada.get_by_text("Grace Hopper").first).to_be_visible()  # without reloading the page
    barbara.goto("/messages")
    row = barbara.get_by_role("row").filter(has_text="Summer outing")
    expect(row).to_contain_text("Sent", ignore_case=True)


def test_a_message_is_sent_back_changed_and_approved(visits: Visits, running: Stack) -> None:
    ada, grace = visits.page_of("ada"), visits.page_of("grace", size=PHONE)
    ask(ada, "Garden party")
    read(grace, "Garden party")

    grace.get_by_role("button", name="Send back").click()
    expect(grace.get_by_role("alert")).to_contain_text("what the author should change")
    grace.get_by_label("Comment").fill("It is on Sunday.")
    grace.get_by_role("button", name="Send back").click()
    expect(grace.get_by_text("Your answer has been recorded.")).to_be_visible()
    ada.reload()
    expect(ada.get_by_text("It is on Sunday.").first).to_be_visible()
    ada.get_by_role("button", name="Edit the draft").click()
    ada.get_by_label("Subject").fill("Garden party on Sunday")
    ada.get_by_role("button", name="Save the draft").click()
    ada.get_by_role("button", name="Request approval").click()
    read(grace, "Garden party on Sunday")

    expect(grace.locator("ins")).to_have_text("Garden party on Sunday")
    grace.get_by_role("button", name="Approve").click()
    wait_for(
        "the copy", lambda: "Garden party on Sunday" in subjects(running, "edsger@example.org")
    )


def test_a_member_who_leaves_and_joins_is_pushed_to_the_list_server(
    visits: Visits, running: Stack
) -> None:
    file: Path = running.list_server / "announce"
    edsger = visits.page_of("edsger", size=PHONE)

    edsger.goto("/my/lists")
    edsger.get_by_role("button", name="Leave Announcements").click()
    expect(edsger.get_by_role("status")).to_be_visible()
    wait_for("the push", lambda: file.exists() and "edsger@example.org" not in file.read_text())
    edsger.get_by_role("button", name="Join Announcements").click()
    expect(edsger.get_by_text("You are now on the list Announcements.")).to_be_visible()

    wait_for("the push", lambda: "edsger@example.org" in file.read_text())


def test_a_file_is_imported_after_a_preview(visits: Visits, running: Stack) -> None:
    barbara = visits.page_of("barbara")
    barbara.goto("/mailing-lists")
    barbara.get_by_role("link", name="Announcements").click()
    barbara.goto(f"{barbara.url}/import")
    content = b"grace@example.org\nNew Person <new@example.org>\nno address\n"

    barbara.get_by_label("A text file with addresses").set_input_files(
        {"name": "members.txt", "mimeType": "text/plain", "buffer": content}
    )
    barbara.get_by_role("button", name="Show a preview").click()
    expect(barbara.get_by_text("Nothing has been changed yet.")).to_be_visible()
    expect(barbara.get_by_role("cell", name="new@example.org")).to_be_visible()
    barbara.get_by_label("Unknown addresses").select_option("create")
    barbara.get_by_role("button", name="Import").click()

    expect(barbara.get_by_text("2 people have joined the list.")).to_be_visible()
    wait_for(
        "the push", lambda: "new@example.org" in (running.list_server / "announce").read_text()
    )


def test_a_mailed_link_is_opened_fifty_times_and_used_once(visits: Visits, running: Stack) -> None:
    ask(visits.page_of("ada"), "Fifty looks")
    link = visits.link("grace", "answer", "Fifty looks")
    grace = visits.anonymous(size=PHONE)

    statuses = {grace.request.get(link).status for _ in range(50)}
    grace.goto(link)
    grace.get_by_role("button", name="Approve").click()
    wait_for("the copy", lambda: "Fifty looks" in subjects(running, "edsger@example.org"))
    again = grace.request.post(link, form={"verdict": "rejected"})

    assert statuses == {200}
    assert again.status in {409, 410}
    assert subjects(running, "edsger@example.org").count("Fifty looks") == 1
