"""Forms and menus in a browser: leaving an unsaved form, closing a menu, deleting a draft."""

import pytest
from playwright.sync_api import Dialog, Page, expect

from models import Language
from tests.browser.acts import ask
from tests.browser.looks import PHONES, violations_on_phones
from tests.browser.visits import Visits

LONG = "Mitgliederversammlung der Bibliotheksgesellschaft: Einladung und Tagesordnungspunkte"


def leave(page: Page, path: str, *, stay: bool) -> list[str]:
    """Follow a link away from the page; returns the kinds of questions that were asked."""
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        if stay:
            dialog.dismiss()
        else:
            dialog.accept()

    page.once("dialog", answer)
    page.locator(f'a[href="{path}"]').first.click()
    page.wait_for_timeout(500)
    page.remove_listener("dialog", answer)
    return asked


def test_leaving_an_unsaved_form_asks_first(visits: Visits) -> None:
    ada = visits.page_of("ada")
    ada.goto("/messages/new")
    assert leave(ada, "/messages", stay=True) == []

    ada.goto("/messages/new")
    ada.get_by_label("As text").click()
    ada.keyboard.type("Dear members,")
    assert leave(ada, "/messages", stay=True) == ["beforeunload"]
    assert ada.url.endswith("/messages/new")
    expect(ada.get_by_label("As text")).to_have_value("Dear members,")

    ada.get_by_label("List", exact=True).select_option("announce")
    ada.get_by_role("button", name="Save the draft").click()
    expect(ada.get_by_text("The draft has been saved.")).to_be_visible()


def test_a_refused_form_is_still_unsaved(visits: Visits) -> None:
    ada = visits.page_of("ada")
    ada.goto("/messages/new")
    ada.locator("form").last.evaluate("form => form.noValidate = true")
    ada.get_by_label("As text").fill("Dear members,")
    ada.get_by_role("button", name="Save the draft").click()
    expect(ada.get_by_role("alert")).to_have_text("Please choose a list.")

    ada.get_by_role("heading", level=1).click()

    assert leave(ada, "/messages", stay=False) == ["beforeunload"]
    expect(ada).to_have_url(f"{visits.url}/messages")


def test_escape_closes_a_menu_and_keeps_the_place(visits: Visits) -> None:
    barbara = visits.page_of("barbara")
    barbara.goto("/")
    name = barbara.locator("header summary", has_text="Administration")

    name.click()
    menu = barbara.locator("header details[open]")
    expect(menu.get_by_role("link", name="Roles")).to_be_visible()
    menu.get_by_role("link", name="Roles").focus()
    barbara.keyboard.press("Escape")

    expect(menu).to_have_count(0)
    expect(name).to_be_focused()


def test_deleting_a_draft_asks(visits: Visits) -> None:
    ada = visits.page_of("ada")
    ada.goto("/messages/new")
    ada.get_by_label("List", exact=True).select_option("announce")
    ada.get_by_label("Subject").fill("To be deleted")
    ada.get_by_role("button", name="Save the draft").click()

    ada.get_by_role("button", name="Delete the draft").click()
    ada.get_by_role("button", name="Keep it").click()
    expect(ada.get_by_role("heading", name="To be deleted")).to_be_visible()
    ada.get_by_role("button", name="Delete the draft").click()
    expect(ada.get_by_role("heading", name="Delete the draft?")).to_be_visible()
    ada.get_by_role("button", name="Delete the draft").click()

    expect(ada.get_by_text("The draft has been deleted.")).to_be_visible()


@pytest.mark.parametrize("language", [Language.GERMAN])
def test_a_long_subject_fits_on_a_telephone(visits: Visits, language: Language) -> None:
    ask(visits.page_of("ada"), LONG)
    grace = visits.page_of("grace", locale=language.value)

    grace.goto("/requests")
    expect(grace.get_by_role("button", name=LONG)).to_be_visible()

    assert PHONES == (320, 360, 390)
    assert violations_on_phones(grace) == []


def test_what_was_typed_is_there_again_after_the_session_has_ended(visits: Visits) -> None:
    ada = visits.page_of("ada")
    ada.goto("/messages/new")
    ada.get_by_label("List", exact=True).select_option("announce")
    ada.get_by_label("As text").fill("Two hours of typing")
    ada.context.clear_cookies()

    ada.get_by_role("button", name="Save the draft").click()
    expect(ada.get_by_text("What you wrote is kept for half an hour")).to_be_visible()
    ada.goto(visits.letter("ada", "log-in"))
    ada.get_by_role("button", name="Log in").click()

    expect(ada.get_by_label("As text")).to_have_value("Two hours of typing")
    expect(ada.get_by_role("alert")).to_contain_text("nothing has been saved yet")
    ada.get_by_role("button", name="Save the draft").click()
    expect(ada.get_by_text("The draft has been saved.")).to_be_visible()
