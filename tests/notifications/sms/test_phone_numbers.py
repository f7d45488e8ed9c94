"""A number that a person types becomes E.164, or a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Invalid
from notifications.sms.twilio import valid_number

GRACE, LINUS = "+33612345678", "+4915123456789"


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("+33612345678", GRACE),
        (" +33 6 12 34 56 78 ", GRACE),
        ("+33.6.12-34/56\u00a078", GRACE),
        ("+33 (0)6 12 34 56 78", GRACE),
        ("+49 151 23456789", LINUS),
        ("+15005550006", "+15005550006"),
    ],
)
def test_a_number_is_taken_as_people_write_it(typed: str, number: str) -> None:
    assert valid_number(typed) == number


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "+",
        "06 12 34 56 77",
        "0033612345678",
        "33612345678",
        "+49",
        "+49 151",
        "+999 123",
        "+1 800 FLOWERS",
        "+33612345678 ext. 5",
        "++33612345678",
        "+33612345678\n+33612345679",
        "+٣٣٦١٢٣٤٥٦٧٨",
        "+336123456789999999999",
        "mailto:grace@example.org",
        "+33 9 99",
    ],
)
def test_a_number_that_no_phone_can_have_is_refused_without_repeating_it(typed: str) -> None:
    with pytest.raises(Invalid, match=r"number.*\.$") as no:
        valid_number(typed)

    assert typed in {"", "+"} or typed not in str(no.value)


@given(st.one_of(st.text(), st.from_regex(r"\+[0-9 ]{5,16}")))
def test_whatever_is_typed_is_a_number_or_a_sentence(typed: str) -> None:
    try:
        number = valid_number(typed)
    except Invalid as no:
        assert str(no).endswith(".")  # noqa: PT017 (either will do)
    else:
        assert valid_number(number) == number
