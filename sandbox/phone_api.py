"""The part of Twilio's REST API that Listgate uses, for the fake phone network.

https://www.twilio.com/docs/messaging/api/message-resource
"""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from hmac import compare_digest
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request

from notifications.sms.gsm7 import segments
from sandbox.phone_exchange import Exchange, Sms, new_sid
from sandbox.phone_faults import Faults
from sandbox.phone_refusals import Refused, check
from sandbox.web_server import hang_up

ROOT = "/2010-04-01/Accounts/<account>"
PAGE_SIZE = 50  # the default


class Api:
    """The API of one account.

    `taken` is called with each SMS; `wait` sleeps, but returns True when the network stops.
    """

    def __init__(
        self,
        exchange: Exchange,
        faults: Faults,
        *,
        taken: Callable[[Sms], None],
        wait: Callable[[float], bool],
    ) -> None:
        self._exchange, self._faults, self._taken, self._wait = exchange, faults, taken, wait
        self.routes = Blueprint("api", __name__)
        self.routes.before_request(self._receive)
        self.routes.register_error_handler(Refused, _error)
        self.routes.post(f"{ROOT}/Messages.json")(self._create)
        self.routes.get(f"{ROOT}/Messages.json")(self._list)
        self.routes.get(f"{ROOT}/Messages/<sid>.json")(self._fetch)

    def _receive(self) -> Response | None:
        """Inject the next fault, if any, and check the credentials."""
        if self._faults.delay and self._wait(self._faults.delay):
            return hang_up()
        failure = self._faults.next_failure()
        if failure is not None:
            words = HTTPStatus(failure.status).phrase
            raise Refused(failure.code, words, status=failure.status)
        account, given = self._exchange.account, request.authorization
        known = given is not None and compare_digest(
            f"{given.username}:{given.password}".encode(), f"{account.sid}:{account.token}".encode()
        )
        if not known:
            raise Refused(20003, "Authenticate", status=401)
        if (request.view_args or {}).get("account") != account.sid:
            raise _not_found()
        return None

    def _create(self, account: str) -> Response | tuple[Response, int]:
        fields = request.form
        check(fields, self._exchange)
        service = fields.get("MessagingServiceSid")
        sms = Sms(
            new_sid(),
            to=fields["To"],
            sender=fields.get("From", self._exchange.account.number),
            body=fields["Body"],
            status="accepted" if service else "queued",
            service=service,
            callback=fields.get("StatusCallback"),
        )
        self._exchange.add(sms)
        self._taken(sms)
        silence = self._faults.next_lost()
        if silence is not None:
            self._wait(silence)
            return hang_up()
        return jsonify(_form(sms, account)), 201

    def _fetch(self, account: str, sid: str) -> Response:
        sms = self._exchange.get(sid)
        if sms is None:
            raise _not_found()
        return jsonify(_form(sms, account))

    def _list(self, account: str) -> Response:
        args = request.args
        found = [sms for sms in reversed(self._exchange.all()) if _matches(sms)]
        size, page = int(args.get("PageSize", PAGE_SIZE)), int(args.get("Page", 0))
        following = None
        if len(found) > size * (page + 1):
            query = urlencode({**args, "PageSize": size, "Page": page + 1})
            following = f"{request.path}?{query}"
        shown = found[size * page : size * (page + 1)]
        return jsonify(
            messages=[_form(sms, account) for sms in shown],
            page=page,
            page_size=size,
            next_page_uri=following,
            uri=request.full_path,
        )


def _matches(sms: Sms) -> bool:
    """Whether an SMS matches the query; one that is not sent yet has no date."""
    args = request.args
    if args.get("To", sms.to) != sms.to or args.get("From", sms.sender) != sms.sender:
        return False
    since, until, day = (args.get(f"DateSent{sign}") for sign in (">", "<", ""))
    if not (since or until or day):
        return True
    if sms.sent_at is None:
        return False
    return (
        (not since or sms.sent_at >= _instant(since))
        and (not until or sms.sent_at <= _instant(until))
        and (not day or sms.sent_at.date() == _instant(day).date())
    )


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        raise Refused(20001, "Invalid date value.") from None


def _form(sms: Sms, account: str) -> dict[str, Any]:
    uri = f"/2010-04-01/Accounts/{account}/Messages/{sms.sid}"
    waits = sms.status in {"queued", "accepted"}
    return {
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": sms.body,
        "date_created": _date(sms.created_at),
        "date_sent": _date(sms.sent_at),
        "date_updated": _date(sms.sent_at or sms.created_at),
        "direction": sms.direction,
        "error_code": sms.error_code,
        "error_message": None,
        # A service chooses the sender, and counts the segments, only when it sends.
        "from": None if sms.service and waits else sms.sender,
        "messaging_service_sid": sms.service,
        "num_media": "0",
        "num_segments": "0" if sms.service and waits else str(segments(sms.body)),
        "price": None,
        "price_unit": "USD",
        "sid": sms.sid,
        "status": sms.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": sms.to,
        "uri": f"{uri}.json",
    }


def _date(instant: datetime | None) -> str | None:
    return format_datetime(instant) if instant else None


def _not_found() -> Refused:
    return Refused(20404, f"The requested resource {request.path} was not found", status=404)


def _error(no: Refused) -> tuple[Response, int]:
    more = f"https://www.twilio.com/docs/errors/{no.code}"
    return jsonify(code=no.code, message=no.words, more_info=more, status=no.status), no.status
