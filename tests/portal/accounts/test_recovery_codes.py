"""Recovery codes: in place of the telephone, each once; shown once, hashed where they are kept."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.orm import Session

from models import (
    Act,
    Actor,
    AuditEntry,
    Credentials,
    Door,
    LetterName,
    Notification,
    RecoveryCode,
    User,
)
from models.clock import now
from models.database import new_session
from portal.accounts import recovery
from tests.builders import Cast, person
from tests.portal.accounts.telephone import PASSWORD, code, half_way, turn_on
from tests.portal.visitors import PUBLIC, Visitor, counted, give_password
from workflows.people.recovery_codes import replace_recovery_codes, use_recovery_code

Login = Callable[[User], Visitor]
SHOWN = re.compile(r"<li><code>([a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4})</code></li>")


@pytest.fixture
def browser(session: Session, people: Cast, stranger: Visitor, as_person: Login) -> Visitor:
    """A browser of Ada's, who has turned on the second factor; its page shows the codes."""
    give_password(session, people.ada, stranger.app, PASSWORD)
    browser = as_person(people.ada)
    browser.get("/account/codes")
    turned_on = browser.send("/account/codes", code=code(secret_on(browser)))
    assert turned_on.location == "/account/recovery-codes"
    browser.get(turned_on.location)
    return browser


@pytest.fixture
def codes(session: Session, people: Cast, stranger: Visitor) -> list[str]:
    """Ada's codes, as her page would show them; her telephone's are on, too."""
    give_password(session, people.ada, stranger.app, PASSWORD)
    turn_on(session, people.ada, stranger.app)
    with stranger.app.app_context():
        codes = recovery.codes_from("a seed")
        hashes = [recovery.hash_of(each, people.ada) for each in codes]
    replace_recovery_codes(session, hashes, actor=Actor(people.ada, Door.PORTAL))
    session.flush()
    return codes


def secret_on(browser: Visitor) -> str:
    """Return the secret that the session of this browser holds until the codes are on."""
    return re.sub(r"[- ]", "", browser.page.partition("<code>")[2].partition("</code>")[0])


def shown(browser: Visitor) -> list[str]:
    """Return the codes on the page."""
    return SHOWN.findall(browser.page)


def try_code(stranger: Visitor, typed: str) -> int:
    """Log in with the password and this recovery code."""
    half_way(stranger)
    return stranger.send("/log-in/code", recovery=typed, next="/").status_code


def letters(session: Session) -> list[Notification]:
    """Return the letters about used codes."""
    used = Notification.letter == LetterName.RECOVERY_CODE_USED
    return [*session.scalars(select(Notification).where(used)).all()]


def test_ten_codes_are_shown_once(browser: Visitor) -> None:
    assert len({*shown(browser)}) == 10

    browser.get("/account/recovery-codes")

    assert shown(browser) == []
    assert "Codes left: 10." in browser.page


def test_a_code_lets_in_once_however_it_is_typed(codes: list[str], stranger: Visitor) -> None:
    first, second, *_ = codes

    assert try_code(stranger, first) == 303
    assert stranger.knows_me

    other = Visitor(stranger.app)
    assert try_code(other, first) == 400
    assert "This recovery code is wrong or has already been used." in other.page
    assert not other.knows_me
    assert try_code(Visitor(stranger.app), f" {second.replace('-', ' ').upper()}") == 303


def test_the_owner_is_told_by_letter_and_the_audit_trail(
    session: Session, people: Cast, codes: list[str], stranger: Visitor
) -> None:
    try_code(stranger, codes[0])

    (letter,) = letters(session)
    assert (letter.user, letter.detail) == (people.ada, {"left": 9})
    newest = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(2)
    log_in, used = session.scalars(newest).all()
    assert (used.act, used.detail["left"]) == (Act.USED_RECOVERY_CODE, 9)
    assert (log_in.act, log_in.detail["how"]) == (Act.LOGGED_IN, "password and recovery code")


def test_a_wrong_code_uses_nothing_up(
    session: Session, codes: list[str], stranger: Visitor
) -> None:
    assert codes
    half_way(stranger)

    for wrong in ("", "aaaa-aaaa-aaaa", "123456", "\0", "x" * 5000):
        assert stranger.send("/log-in/code", recovery=wrong).status_code == 400, wrong

    assert not stranger.knows_me
    assert letters(session) == []


def test_a_code_of_another_person_is_wrong(
    session: Session, people: Cast, codes: list[str], stranger: Visitor
) -> None:
    session.execute(update(RecoveryCode).values(user_id=people.grace.id))

    assert try_code(stranger, codes[0]) == 400


def test_recovery_codes_cannot_be_guessed_one_after_the_other(
    codes: list[str], stranger: Visitor
) -> None:
    half_way(stranger)
    with counted(10):
        assert stranger.send("/log-in/code", recovery="wrong").status_code == 400

    assert stranger.send("/log-in/code", recovery=codes[0]).status_code == 429


def test_only_hashes_are_kept(session: Session, browser: Visitor) -> None:
    kept = session.scalars(select(RecoveryCode.code_hash)).all()

    assert len(kept) == 10
    assert all(re.fullmatch("[0-9a-f]{64}", one) for one in kept)
    with browser.client.session_transaction(base_url=PUBLIC) as cookie:
        assert not [one for one in shown(browser) if one in str(cookie)]


def test_new_codes_end_the_old_ones_and_need_the_telephone(
    browser: Visitor, stranger: Visitor, session: Session
) -> None:
    old = shown(browser)
    assert browser.send("/account/recovery-codes", code="000000").status_code == 400
    assert browser.send("/account/recovery-codes", code=old[0]).status_code == 400

    # This slot's code is used up.  The next one's is accepted already, and for 30 s at least.
    following = code(totp_key(session, stranger), slots=1)
    assert browser.send("/account/recovery-codes", code=following).status_code == 303
    browser.get("/account/recovery-codes")

    new = shown(browser)
    assert len({*new, *old}) == 20
    assert try_code(stranger, old[0]) == 400
    assert try_code(Visitor(stranger.app), new[0]) == 303


def totp_key(session: Session, stranger: Visitor) -> str:
    """Return the secret of the only second factor that is on."""
    kept = session.scalars(
        select(Credentials.totp_secret).where(Credentials.totp_secret.is_not(None))
    ).one()
    factory = stranger.app.extensions["security"].totp_factory
    return str(factory._totp.from_source(kept).base32_key)


def test_a_recovery_code_turns_the_second_factor_off_and_all_codes_end(
    session: Session, browser: Visitor
) -> None:
    assert browser.send("/account/codes", recovery=shown(browser)[0]).status_code == 303

    assert session.scalars(select(RecoveryCode)).all() == []
    browser.get("/account/recovery-codes")
    assert "you need no recovery codes" in browser.page


def test_codes_that_nobody_looked_at_are_not_shown_later(
    people: Cast, as_person: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = as_person(people.grace)
    browser.get("/account/codes")
    browser.send("/account/codes", code=code(secret_on(browser)))
    monkeypatch.setattr(recovery, "now", lambda: now() + timedelta(seconds=601))

    browser.get("/account/recovery-codes")

    assert shown(browser) == []


def test_of_many_uses_at_once_one_counts(own_database: Engine) -> None:
    assert own_database
    with new_session.begin() as session:
        user_id = person(session, "Ada Lovelace").id
        actor = Actor(session.get_one(User, user_id), Door.PORTAL)
        replace_recovery_codes(session, ["a hash"], actor=actor)
    ready = Barrier(8)

    def use(_: int) -> bool:
        with new_session.begin() as session:
            actor = Actor(session.get_one(User, user_id), Door.PORTAL)
            ready.wait(10)
            return use_recovery_code(session, "a hash", actor=actor)

    with ThreadPoolExecutor(8) as threads:
        used = [*threads.map(use, range(8))]

    assert sorted(used) == [False] * 7 + [True]
    with new_session() as session:
        assert len(letters(session)) == 1
