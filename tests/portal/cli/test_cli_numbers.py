"""Numbers on the command line that no row has: a usage error, before the database is asked."""

import pytest

from models.ids import MAX_ID
from tests.builders import listgate

ADA = "ada@example.org"


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("number", [str(MAX_ID + 1), "9" * 5000, "0"], ids=len)
@pytest.mark.parametrize(
    "command",
    [
        "message hand-in {} --as " + ADA,
        "message show {} --as " + ADA,
        "recall {} --as " + ADA,
        "timeline {}",
        "decide {} approve --as " + ADA,
        "withdraw {} --as " + ADA,
        "mail retry {}",
        "mail show {}",
        "outbox --limit {}",
    ],
)
def test_a_number_that_no_row_has_is_refused(command: str, number: str) -> None:
    result = listgate(*command.format(number).split())

    assert result.exit_code == 2
    assert "Invalid value" in result.output
