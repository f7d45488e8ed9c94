"""Call Listgate by HTTP; needs the extra `http`."""

import random
import re
import time
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote

import httpx

from listgate_client.operation import A, Operation, given
from listgate_client.operations import Operations
from listgate_client.operations.listings import Listings
from listgate_client.refusals import NoAnswer, Refused

# Over about a minute.
ATTEMPTS = 7
LONGEST_PAUSE = 30.0  # seconds

TOO_MANY = 429

IN_PATH = re.compile(r"\{(\w+)\}")


class Api(Operations, Listings):
    """Listgate, behind its address."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: float = 30,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Take Listgate's URL, the service's key, and seconds to wait for each attempt."""
        self.http = httpx.Client(
            base_url=f"{url.rstrip('/')}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout,
            transport=transport,
        )

    def __enter__(self) -> "Api":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self.http.close()

    def perform(
        self, operation: Operation[A], required: Mapping[str, object], **optional: object
    ) -> A:
        """Send a request and return its answer; while there is none, repeat it with its key."""
        whole = given(operation, required, optional)
        request = self.request(operation, whole)
        for attempt in range(ATTEMPTS):
            try:
                response = self.http.send(request)
            except httpx.TransportError as broken:
                why, pause = str(broken), backoff(attempt)
            else:
                if response.status_code != TOO_MANY and not response.is_server_error:
                    return cast(A, answer(response))
                why, pause = f"status {response.status_code}", pause_after(response, attempt)
            if attempt < ATTEMPTS - 1:
                time.sleep(pause)
        raise NoAnswer(f"{operation.name}: {why}", idempotency_key=whole.get("idempotency_key"))

    def request(self, operation: Operation[Any], arguments: Mapping[str, Any]) -> httpx.Request:
        """Return the request: what is not in its path or its header is in its query or body."""
        rest = dict(arguments)
        key = rest.pop("idempotency_key", None)
        path = IN_PATH.sub(lambda name: quote(str(rest.pop(name[1])), safe=""), operation.path)
        headers = {"Idempotency-Key": key} if key else {}
        if operation.method in {"GET", "DELETE"}:
            return self.http.build_request(operation.method, path, params=rest, headers=headers)
        return self.http.build_request(operation.method, path, json=rest, headers=headers)


def answer(response: httpx.Response) -> Any:
    """Return the JSON of a response; raise Refused if it is a problem (RFC 9457)."""
    if response.is_success:
        return response.json()
    try:
        problem = response.json()
        code, sentence = str(problem["code"]), str(problem["detail"])
    except (ValueError, KeyError, TypeError):  # of a proxy
        code, sentence = f"status_{response.status_code}", response.reason_phrase
    raise Refused(code, sentence)


def backoff(attempt: int) -> float:
    """Return a pause in seconds: longer after each attempt, and not the same for all clients."""
    return min(LONGEST_PAUSE, 2.0**attempt) * random.uniform(0.5, 1)  # noqa: S311 (no secret)


def pause_after(response: httpx.Response, attempt: int) -> float:
    """Return the pause that the response asks for, or one of our own."""
    asked = str(response.headers.get("Retry-After", ""))
    return min(LONGEST_PAUSE, float(asked)) if asked.isdecimal() else backoff(attempt)
