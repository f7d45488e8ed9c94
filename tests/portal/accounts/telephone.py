"""What a telephone shows, and a log-in up to the page that asks for it."""

from flask import Flask
from passlib.totp import TOTP
from sqlalchemy.orm import Session

from models import Actor, Door, User
from models.clock import now
from tests.portal.visitors import Visitor
from workflows.people.credentials import turn_on_codes

PASSWORD = "correct horse battery"


def code(key: str, *, slots: int = 0) -> str:
    """What the telephone shows, so many slots of 30 s from now."""
    made: str = TOTP(key=key).generate(now().timestamp() + 30 * slots).token
    return made


def turn_on(session: Session, user: User, app: Flask) -> str:
    """Turn on this person's second factor, as its page does; return the key of the telephone."""
    factory = app.extensions["security"].totp_factory
    secret = factory.generate_totp_secret()
    # The slot before this one, so that a test may use this one's code.
    slot = int(now().timestamp()) // 30 - 1
    turn_on_codes(session, secret, counter=slot, actor=Actor(user, Door.PORTAL))
    session.flush()
    return str(factory._totp.from_source(secret).base32_key)


def half_way(visitor: Visitor) -> None:
    """Log in up to the page that asks for a code."""
    answer = visitor.send("/log-in", address="ada@example.org", password=PASSWORD, next="/")
    assert answer.location == "/log-in/code?next=/"
