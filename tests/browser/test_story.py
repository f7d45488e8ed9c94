"""Stories in the portal, up to the recipients' mailboxes and the list server."""

import re
from datetime import UTC, datetime, timedelta
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


def test_a_deputy_approves_for_an_approver_who_is_away(visits: Visits, running: Stack) -> None:
    ada, grace = visits.page_of("ada"), visits.page_of("grace", size=PHONE)
    edsger = visits.page_of("edsger", size=PHONE)
    today = datetime.now(UTC)
    tomorrow = today + timedelta(days=1)  # so that midnight does not end the absence
    grace.goto("/account/absences")
    grace.get_by_label("First day").fill(f"{today:%Y-%m-%d}")
    grace.get_by_label("Last day").fill(f"{tomorrow:%Y-%m-%d}")
    grace.get_by_label("Deputy").fill("edsger@example.org")
    grace.get_by_role("button", name="Save").click()
    expect(grace.get_by_role("cell", name="Edsger Dijkstra").first).to_be_visible()
    ask(ada, "Harvest festival")

    read(edsger, "Harvest festival")
    edsger.get_by_role("button", name="Approve").click()

    expect(edsger.get_by_text("Your answer has been recorded.")).to_be_visible()
    wait_for("the copy", lambda: "Harvest festival" in subjects(running, "barbara@example.org"))
    ada.reload()
    expect(ada.get_by_text("Edsger Dijkstra (for Grace Hopper)").first).to_be_visible()
    grace.reload()
    grace.get_by_role("button", name="End").first.click()
    expect(grace.get_by_role("row")).to_have_count(2)  # the head, and the absence of the seed


def test_a_person_asks_to_join_and_the_first_owner_decides(visits: Visits, running: Stack) -> None:
    new = ("list", "create", "readers", "readers@lists.example.org", "Readers")
    running.listgate(*new, "--self-service", "on_request")
    edsger, barbara = visits.page_of("edsger", size=PHONE), visits.page_of("barbara")

    edsger.goto("/my/lists")
    edsger.get_by_role("button", name="Ask to join Readers").click()
    expect(edsger.get_by_text("the owners have not answered yet").first).to_be_visible()
    barbara.goto("/mailing-lists")
    barbara.get_by_role("link", name="Readers").click()
    barbara.goto(f"{barbara.url}/requests")
    barbara.get_by_role("button", name="Accept Edsger Dijkstra").click()

    expect(barbara.get_by_text("There are no requests to join this list.")).to_be_visible()
    file: Path = running.list_server / "readers"
    wait_for("the push", lambda: file.exists() and "edsger@example.org" in file.read_text())
    edsger.reload()
    expect(edsger.get_by_role("button", name="Leave Readers")).to_be_visible()


def test_where_a_second_person_is_needed_right_601_does_not_send_alone(
    visits: Visits, running: Stack
) -> None:
    new = ("list", "create", "statutes", "statutes@lists.example.org", "Statutes")
    running.listgate(*new, "--second-person")
    running.listgate("approvers", "assign", "editors", "statutes")
    running.listgate("subscribe", "statutes", "edsger@example.org")
    barbara, grace = visits.page_of("barbara"), visits.page_of("grace", size=PHONE)

    ask(barbara, "New statutes", mailing_list="statutes")
    read(grace, "New statutes")
    grace.get_by_role("button", name="Approve").click()

    expect(grace.get_by_text("Your answer has been recorded.")).to_be_visible()
    wait_for("the copy", lambda: "New statutes" in subjects(running, "edsger@example.org"))


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
