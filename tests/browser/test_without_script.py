"""The portal without script, and with it: nothing needs it, and it takes nothing away."""

from playwright.sync_api import expect

from sandbox.stack import Stack
from tests.browser.acts import ask, read, subjects
from tests.browser.visits import PHONE, Visits, until

# A page that asks at once, and is told half of what it asked for.
CUT_OFF = """cut = 0
window.setInterval = (ask) => [1, 2, 3].forEach((moment) => setTimeout(ask, 50 * moment))
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
    until(lambda: "Without script" in subjects(running, "edsger@example.org"))
    ada.reload()

    expect(ada.get_by_text("Well said.").first).to_be_visible()


def test_a_comment_stays_while_the_page_is_kept_fresh(visits: Visits) -> None:
    ask(visits.page_of("ada"), "Half a comment")
    grace, linus = visits.page_of("grace"), visits.page_of("linus", size=PHONE)

    read(grace, "Half a comment")
    grace.get_by_label("Comment").fill("Please enter")
    read(linus, "Half a comment")
    expect(grace.get_by_text("Also looking at it now: Linus Torvalds.")).to_be_visible()

    expect(grace.get_by_label("Comment")).to_have_value("Please enter")
    expect(grace.get_by_label("Comment")).to_be_focused()


def test_an_answer_that_is_cut_off_is_no_fault_of_the_page(visits: Visits) -> None:
    grace = visits.page_of("grace")
    grace.add_init_script(CUT_OFF)

    grace.goto("/requests")

    # Asked from here: what a page is to wait for by itself would be eval, which its policy forbids.
    until(lambda: grace.evaluate("cut > 2"))
    expect(grace.get_by_role("heading", name="Waiting for you")).to_be_visible()


def test_a_button_stays_under_the_finger_that_is_about_to_press_it(visits: Visits) -> None:
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
    grace.wait_for_timeout(6_000)  # longer than the page waits to ask again

    expect(grace.get_by_role("button", name="The first")).to_be_focused()
    expect(grace.get_by_role("button", name="The third")).to_have_count(0)
