"""Numbers on the command line that no row has: a usage error, before the database is asked."""

import pytest

from models.ids import MAX_ID
from tests.builders import listgate

ADA = "ada@example.org"


COMMANDS = [
    f"message hand-in {{}} --as {ADA}",
    f"message show {{}} --as {ADA}",
    f"recall {{}} --as {ADA}",
    "timeline {}",
    f"decide {{}} approve --as {ADA}",
    f"withdraw {{}} --as {ADA}",
    "mail retry {}",
    "mail show {}",
    "outbox --limit {}",
]


@pytest.mark.parametrize("number", [str(MAX_ID + 1), "9" * 5000, "0"], ids=len)
def test_a_number_that_no_row_has_is_refused(number: str) -> None:
    for command in COMMANDS:
        result = listgate(*command.format(number).split())

        assert result.exit_code == 2, command
        assert "Invalid value" in result.output, command
