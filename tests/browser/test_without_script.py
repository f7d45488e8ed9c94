"""The portal works without script, and script does not disturb what a person is doing."""

from playwright.sync_api import expect

from sandbox.stack import Stack
from tests.browser.acts import ask, read, subjects
from tests.browser.visits import PHONE, Visits
from tests.waiting import wait_for

# Ask for changes at once, and cut off every response.
CUT_OFF = """cut = 0
window.setInterval = (ask) => [1, 2, 3].forEach((count) => setTimeout(ask, 50 * count))
window.fetch = async () => ({ok: true, text: async () => { cut += 1; throw new TypeError("cut") }})
"""


def test_a_message_is_written_and_approved_without_script(visits: Visits, running: Stack) -> None:
    ada = visits.page_of("ada", java_script_enabled=False)
    grace = visits.page_of("grace", size=PHONE, java_script_enabled=False)

    ask(ada, "Without script")
    read(grace, "Without script")
    grace.get_by_label("Comment").fill("Well said.")
    grace.get_by_role("button", name="Approve").click()
    expect(grace.get_by_text("Your answer has been recorded.")).to_be_visible()
    wait_for("the copy", lambda: "Without script" in subjects(running, "edsger@example.org"))
    ada.reload()

    expect(ada.get_by_text("Well said.").first).to_be_visible()


def test_a_comment_stays_while_the_page_is_updated(visits: Visits) -> None:
    ask(visits.page_of("ada"), "Half a comment")
    grace, linus = visits.page_of("grace"), visits.page_of("linus", size=PHONE)

    read(grace, "Half a comment")
    grace.get_by_label("Comment").fill("Please enter")
    read(linus, "Half a comment")
    expect(grace.get_by_text("Also looking at it now: Linus Torvalds.")).to_be_visible()

    expect(grace.get_by_label("Comment")).to_have_value("Please enter")
    expect(grace.get_by_label("Comment")).to_be_focused()


def test_a_response_that_is_cut_off_changes_nothing(visits: Visits) -> None:
    grace = visits.page_of("grace")
    grace.add_init_script(CUT_OFF)

    grace.goto("/requests")

    # Not wait_for_function, which needs eval: the page's security policy forbids it.
    wait_for("cut responses", lambda: grace.evaluate("cut > 2"))
    expect(grace.get_by_role("heading", name="Waiting for you")).to_be_visible()


def test_a_button_that_has_the_focus_does_not_move(visits: Visits) -> None:
    ada, grace = visits.page_of("ada"), visits.page_of("grace")
    ask(ada, "The first")
    grace.goto("/requests")
    grace.get_by_role("button", name="The first").focus()

    with grace.expect_response("**/requests/rows*"):
        ask(ada, "The second")
        grace.get_by_role("heading", name="Waiting for you").click()  # leaves the button
    expect(grace.get_by_role("button", name="The second")).to_be_visible()
    grace.get_by_role("button", name="The first").focus()
    ask(ada, "The third")
    grace.wait_for_timeout(6_000)  # longer than the interval at which the page asks

    expect(grace.get_by_role("button", name="The first")).to_be_focused()
    expect(grace.get_by_role("button", name="The third")).to_have_count(0)
