"""Numbers in URLs: ids of rows, as in `/users/<id:user_id>`, and positions."""

from werkzeug.routing import IntegerConverter

from models.ids import MAX_ID


def up_to(largest: int) -> str:
    """Return a regular expression of the numbers from 0 to `largest`, in decimal digits."""
    digits = str(largest)
    smaller = [
        f"{digits[:place]}[0-{int(digit) - 1}][0-9]{{{len(digits) - place - 1}}}"
        for place, digit in enumerate(digits)
        if digit != "0"
    ]
    return "|".join(["0*" + one for one in (f"[0-9]{{1,{len(digits) - 1}}}", *smaller, digits)])


class RowId(IntegerConverter):
    """A number that a bigint key can have; a URL with a larger one is not found (404).

    Its pattern has the bound: after a converter's `max`, werkzeug answers 405 to a POST.
    """

    regex = up_to(MAX_ID)
