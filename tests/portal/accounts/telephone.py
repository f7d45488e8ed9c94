"""What a telephone shows, and a log-in up to the page that asks for it."""

from passlib.totp import TOTP

from models.clock import now
from tests.portal.visitors import Visitor

PASSWORD = "correct horse battery"


def code(key: str, *, slots: int = 0) -> str:
    """What the telephone shows, so many slots of 30 s from now."""
    made: str = TOTP(key=key).generate(now().timestamp() + 30 * slots).token
    return made


def half_way(visitor: Visitor) -> None:
    answer = visitor.send("/log-in", address="ada@example.org", password=PASSWORD, next="/")
    assert answer.location == "/log-in/code?next=/"
    visitor.get(answer.location)
