"""Every page that a letter links to is a page of the portal."""

import pytest

from portal.app import app
from tests.letter_context import a_context

CONTEXT = a_context()


@pytest.mark.parametrize(
    ("link", "page"),
    [
        (CONTEXT.page(7), "requests.show"),
        (CONTEXT.message_page(7), "messages.show"),
        (CONTEXT.person_page(7), "people.show"),
        (CONTEXT.held_push_page(7), "sync.ask_confirmation"),
        (CONTEXT.link(7), "moderation.show"),
        (CONTEXT.mailed_link(7), "accounts.show_link"),
    ],
)
def test_a_letter_leads_to_a_page(link: str, page: str) -> None:
    path = link.removeprefix(CONTEXT.public_url)

    endpoint, _ = app.url_map.bind("listgate.example.org").match(path, method="GET")

    assert endpoint == page
