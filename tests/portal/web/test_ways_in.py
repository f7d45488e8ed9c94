"""Every page that a letter links is a page of the portal."""

import pytest

from portal.app import app
from tests.notifications.voices import a_voice

VOICE = a_voice()


@pytest.mark.parametrize(
    ("link", "page"),
    [
        (VOICE.page(7), "requests.show"),
        (VOICE.message_page(7), "messages.show"),
        (VOICE.person_page(7), "people.show"),
        (VOICE.held_push_page(7), "sync.ask_confirmation"),
        (VOICE.link(7), "moderation.show"),
        (VOICE.mailed_link(7), "accounts.show_link"),
    ],
)
def test_a_letter_leads_to_a_page(link: str, page: str) -> None:
    path = link.removeprefix(VOICE.public_url)

    endpoint, _ = app.url_map.bind("listgate.example.org").match(path, method="GET")

    assert endpoint == page
