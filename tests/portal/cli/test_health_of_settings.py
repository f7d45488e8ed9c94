"""What the doctor says of settings that an operator has to decide."""

import pytest

from portal.cli.doctor import pages, sender
from settings import settings
from tests.portal.cli.test_health import given, ill


@pytest.mark.parametrize(
    ("url", "well"),
    [
        ("https://lists.example.org", True),
        ("http://localhost:8000", True),
        ("http://127.0.0.1:8000", True),
        ("http://lists.example.org", False),
        ("http://localhost.example.org", False),
    ],
)
def test_pages_that_leave_the_machine_need_a_certificate(
    monkeypatch: pytest.MonkeyPatch, url: str, well: bool
) -> None:
    given(monkeypatch, public_url=url)

    finding = pages()

    assert (finding.ok, url in finding.text) == (well, True)


def test_letters_from_nobody_in_particular_are_ill(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, mail_from=type(settings).model_fields["mail_from"].default)

    finding = sender()

    ill(finding, says="MAIL_FROM is not set", mend="set MAIL_FROM")


def test_letters_from_somebody_are_well(monkeypatch: pytest.MonkeyPatch) -> None:
    given(monkeypatch, mail_from="Lists <lists@example.net>")

    finding = sender()

    assert (finding.ok, finding.text) == (True, "letters are from Lists <lists@example.net>")
