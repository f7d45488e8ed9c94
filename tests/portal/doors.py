"""A portal with all its doors open: web pages, LMTP, a mail relay and a phone network."""

import re
import smtplib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode

import pytest
import urllib3
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool
from twilio.request_validator import RequestValidator

from models import (
    Actor,
    Decision,
    Door,
    InboundMail,
    MailingList,
    Notification,
    OutboxEntry,
    Preference,
    User,
)
from models.base import Base
from models.database import engine, new_session
from notifications.letters.context import LetterContext
from portal.app import create_app
from sandbox.mail_store import Mail
from sandbox.mailbox import Mailbox
from sandbox.phone import PhoneNetwork
from sandbox.phone_exchange import Sms
from sandbox.web_server import WebServer
from settings import Settings, settings
from tests.builders import LIMIT, an_eml, cast
from tests.databases import keep_rows, new_database, restart_ids, restore_rows
from tests.portal.inbound.lmtp_servers import lmtp_server
from workflows import tasks
from workflows.messages.write import Draft, write
from workflows.moderation.decide import request_approval
from workflows.transaction import transaction

PUBLIC = "https://listgate.example.org"
REPLIES = "moderation@lists.example.org"
SMS_URL = f"{PUBLIC}/webhooks/twilio/sms"
STATUS_URL = f"{PUBLIC}/webhooks/twilio/status"
GRACE, LINUS = "+33612345678", "+33687654321"


@dataclass
class Doors:
    """The URLs and ports of the doors, and the people behind them; ids are of committed rows."""

    mailbox: Mailbox
    phone: PhoneNetwork
    settings: Settings
    web: str  # where the pages are in truth; their public name is PUBLIC
    lmtp_port: int
    published: list[OutboxEntry] = field(default_factory=list)
    letter_context: LetterContext = field(init=False)
    first_letters: tuple[list[Mail], list[Sms]] | None = None

    def __post_init__(self) -> None:
        self.letter_context = LetterContext.from_settings(self.settings)

    def reset(self, published: list[OutboxEntry]) -> None:
        """Forget mails and SMS."""
        self.mailbox.forget()
        self.phone.forget()
        self.phone.connect(SMS_URL, at=self.web)
        self.published = published

    def ask(self, raw: bytes = b"") -> int:
        """Request approval of a message by Ada; return once the letters have arrived."""
        with transaction() as session:
            ada = user(session, "ada")
            announce = session.scalars(select(MailingList)).one()
            draft = write(
                session,
                Draft(announce, raw or an_eml()),
                actor=Actor(ada, Door.PORTAL),
                max_bytes=LIMIT,
            )
            request = request_approval(session, draft, actor=Actor(ada, Door.PORTAL))
            session.flush()
            request_id = request.id
        self.work()
        return request_id

    def ask_first(self) -> None:
        """As `ask` while the database holds only the cast; later calls restore what came of it."""
        database: Engine = new_session.kw["bind"]
        if self.first_letters is None:
            self.ask()
            self.first_letters = self.mailbox.mails, self.phone.messages
            with database.begin() as connection:
                keep_rows(connection, "asked")
            return
        with database.begin() as connection:
            restore_rows(connection, "asked")
            restart_ids(connection)
        mails, messages = self.first_letters
        self.mailbox._store.mails.extend(mails)
        for sms in messages:
            self.phone._exchange.add(sms)

    def work(self) -> None:
        """Run what was published, as a worker does, until only sendouts are left."""
        while self.published:
            entry = self.published.pop(0)
            if entry.kind in WORK:
                WORK[entry.kind](entry.row_id)

    def get(self, path: str) -> urllib3.BaseHTTPResponse:
        """Open a page, without following it further."""
        return urllib3.request("GET", self.web + path, redirect=False, retries=False)

    def post(self, path: str, **fields: str) -> urllib3.BaseHTTPResponse:
        """Send a form, as a browser does."""
        return form(self.web + path, fields)

    def hand_over(self, raw: bytes, *, sender: str, recipient: str) -> None:
        """Bring a mail over LMTP; raises what smtplib raises if it is refused."""
        with smtplib.LMTP("127.0.0.1", self.lmtp_port, timeout=60) as client:
            client.sendmail(sender, [recipient], raw)


def form(url: str, fields: Mapping[str, str], **headers: str) -> urllib3.BaseHTTPResponse:
    """Post a form."""
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return urllib3.request(
        "POST",
        url,
        body=urlencode(fields),
        headers={**kind, **{name.replace("_", "-"): value for name, value in headers.items()}},
        redirect=False,
        retries=False,
    )


WORK: dict[type[Base], Callable[[int], None]] = {
    Notification: tasks.deliver_notification,
    InboundMail: tasks.handle_mail,
}


@contextmanager
def opened() -> Iterator[Doors]:
    """All doors, in front of the database that `new_session` leads to."""
    with Mailbox() as mailbox, PhoneNetwork(automatic=False) as phone:
        own = settings_for(phone, mailbox)
        with WebServer(create_app(own)) as web, lmtp_server() as port:
            yield Doors(mailbox, phone, own, web.url, port)


def settings_for(phone: PhoneNetwork, mailbox: Mailbox | None = None) -> Settings:
    """The settings of an operator who has this telephone and this mail relay."""
    relay = mailbox.url if mailbox else "smtp://127.0.0.1:9"
    return settings.model_copy(
        update={
            "public_url": PUBLIC,
            "reply_address": REPLIES,
            "smtp_url": SecretStr(relay),
            "twilio_account_sid": phone.account.sid,
            "twilio_auth_token": SecretStr(phone.account.token),
            "twilio_sender": phone.account.number,
            "twilio_url": phone.url,
        }
    )


def user(session: Session, name: str) -> User:
    """Return a user of the cast, by first name."""
    return session.scalars(select(User).where(User.address == f"{name}@example.org")).one()


def rows() -> dict[str, list[str]]:
    """Return every row of the database as text, by table."""
    every = " union all ".join(
        f"select '{name}', array_agg(one::text order by one::text) from \"{name}\" as one"
        for name in Base.metadata.tables
    )
    with new_session() as session:
        return {name: found or [] for name, found in session.execute(text(every))}


def decisions() -> list[Decision]:
    """All decisions, with who made them."""
    with new_session() as session:
        found = list(session.scalars(select(Decision).order_by(Decision.request_id)))
        for one in found:
            _ = one.approver.name
        return found


def code_in(sms: str) -> str:
    """The one number of six digits in an SMS."""
    (found,) = set(re.findall(r"(?<![0-9])[0-9]{6}(?![0-9])", sms))
    return str(found)


def post_signed(
    doors: Doors, url: str, signed_as: str = "", **fields: str
) -> urllib3.BaseHTTPResponse:
    """Post a form signed as Twilio does, for another URL if `signed_as` is given."""
    signature = RequestValidator(doors.phone.account.token).compute_signature(
        signed_as or url, fields
    )
    return form(doors.web + url.removeprefix(PUBLIC), fields, X_Twilio_Signature=signature)


@pytest.fixture(scope="session")
def database_of_doors(template: str) -> Iterator[Engine]:
    """A database with the cast, which each test restores."""
    with new_database(template) as url:
        with Session(create_engine(url, poolclass=NullPool)) as session, session.begin():
            people = cast(session)
            people.grace.phone, people.linus.phone = GRACE, LINUS
            people.grace.preference = Preference.BOTH
            session.flush()
            keep_rows(session.connection())
        own = create_engine(url, hide_parameters=True, pool_pre_ping=True)
        yield own
        own.dispose()


@pytest.fixture(scope="module")
def module_database(database_of_doors: Engine) -> Iterator[Engine]:
    """The same, for all tests of a module, one after the other."""
    new_session.configure(bind=database_of_doors)
    yield database_of_doors
    new_session.configure(bind=engine)


@pytest.fixture(scope="session")
def open_doors() -> Iterator[Doors]:
    """All doors, for all tests of the process."""
    with opened() as doors:
        yield doors


@pytest.fixture
def doors(
    module_database: Engine,
    open_doors: Doors,
    published: list[OutboxEntry],
    monkeypatch: pytest.MonkeyPatch,
) -> Doors:
    """All doors, with a database that holds only the cast."""
    monkeypatch.setattr(tasks, "letter_context", open_doors.letter_context)
    with module_database.begin() as connection:
        restore_rows(connection)
        restart_ids(connection)
    open_doors.reset(published)
    return open_doors


@pytest.fixture
def code(doors: Doors) -> str:
    """The six digits that Grace got by SMS."""
    doors.ask_first()
    return code_in(doors.phone.to(GRACE)[-1].body)


def link(doors: Doors, name: str = "grace") -> str:
    """Return the path of the link in the newest letter to this user."""
    letter = doors.mailbox.to(f"{name}@example.org")[-1].message.get_body(("plain",))
    assert letter
    (found,) = set(re.findall(rf"{PUBLIC}(/answer/[a-z2-7]+)", letter.get_content()))
    return str(found)
