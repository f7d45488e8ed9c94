"""Slow a sendout down for the domains that want that, and for no others.

A mail server that answers 421 or 45x for a recipient wants fewer copies for that domain.  The
domain then gets FIRST_RATE copies a second, half as many after each further refusal, and twice as
many after each minute without one, until it is slowed no more.  SENDOUT_DOMAIN_RATES has ceilings,
which are always kept.  Both are for all workers and all sendouts together.

The state is in Redis, and its times are Redis's.  If it is lost, a domain gets its copies at full
speed until it refuses one again.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from math import floor
from typing import Any

import redis

from workflows.redis_client import redis_client

# Copies are counted in periods of so many seconds.
PERIOD = 5

# Copies a second: after the first refusal, after many, and when a domain is slowed no more.
FIRST_RATE = 5.0
MIN_RATE = 1.0
FULL_RATE = 100.0

# The rate doubles after so many seconds without a refusal.
RECOVERY = 60

KEY = "listgate:domains"


@dataclass(frozen=True)
class Slowed:
    """A domain that refused copies for now."""

    rate: float  # copies a second after the refusal
    since: float  # when it last refused one
    answer: str  # the numbers of the refusal

    def rate_at(self, moment: float) -> float:
        """Return the copies a second that it gets at this moment; FULL_RATE is no limit."""
        minutes = max(0, int((moment - self.since) / RECOVERY))
        return min(self.rate * float(2 ** min(minutes, 10)), FULL_RATE)

    def refused(self, moment: float, answer: str) -> "Slowed":
        """Return its state after another refusal.  Those in one period are about one rate."""
        if moment - self.since < PERIOD:
            return self
        return Slowed(max(self.rate_at(moment) / 2, MIN_RATE), moment, answer)


class Domains:
    """The domains whose copies are limited."""

    def __init__(
        self, ceilings: Mapping[str, int] | None = None, client: redis.Redis = redis_client
    ) -> None:
        """Keep `ceilings`: copies a minute by domain."""
        self._ceilings = {key.lower(): most / 60 for key, most in (ceilings or {}).items()}
        self._client = client

    def limits(self) -> Mapping[str, int]:
        """Return how many copies each limited domain may have now."""
        with suppress(redis.RedisError):
            return self._limits(*self._read())
        return {}

    def _limits(self, moment: float, slowed: Mapping[str, Slowed]) -> Mapping[str, int]:
        rates = dict(self._ceilings)
        for domain, one in slowed.items():
            if (rate := one.rate_at(moment)) < FULL_RATE:
                rates[domain] = min(rate, rates.get(domain, rate))
        if not rates:
            return {}
        period = int(moment // PERIOD)
        counted: list[Any] = self._client.mget([count_key(domain, period) for domain in rates])
        return {
            domain: max(0, portion(rate, period) - int(claimed or 0))
            for (domain, rate), claimed in zip(rates.items(), counted, strict=True)
        }

    def count(self, claimed: Mapping[str, int]) -> None:
        """Count copies that were claimed for limited domains."""
        if not any(claimed.values()):
            return
        with suppress(redis.RedisError), self._client.pipeline(transaction=False) as pipeline:
            period = int(self._read()[0] // PERIOD)
            for domain, copies in claimed.items():
                pipeline.incrby(count_key(domain, period), copies)
                pipeline.expire(count_key(domain, period), 2 * PERIOD)
            pipeline.execute()

    def slow(self, answers: Mapping[str, str]) -> None:
        """Slow these domains down; `answers` has the refusal of each."""
        if answers:
            with suppress(redis.RedisError):
                self._slow(answers, *self._read())

    def _slow(self, answers: Mapping[str, str], moment: float, slowed: dict[str, Slowed]) -> None:
        for domain, answer in answers.items():
            known = slowed.get(domain)
            if known is None or known.rate_at(moment) >= FULL_RATE:
                slowed[domain] = Slowed(FIRST_RATE, moment, answer)
            else:
                slowed[domain] = known.refused(moment, answer)
            self._client.hset(KEY, domain, json.dumps(asdict(slowed[domain])))
        recovered = [key for key, one in slowed.items() if one.rate_at(moment) >= FULL_RATE]
        if recovered:
            self._client.hdel(KEY, *recovered)

    def slowed(self) -> Mapping[str, tuple[int, str]]:
        """Return the slowed domains: the copies a minute, and the refusal; none without Redis."""
        found: dict[str, tuple[int, str]] = {}
        with suppress(redis.RedisError):
            moment, slowed = self._read()
            for domain, one in sorted(slowed.items()):
                if (rate := one.rate_at(moment)) < FULL_RATE:
                    rate = min(rate, self._ceilings.get(domain, rate))
                    found[domain] = (round(60 * rate), one.answer)
        return found

    def _read(self) -> tuple[float, dict[str, Slowed]]:
        with self._client.pipeline(transaction=False) as pipeline:
            pipeline.time()
            pipeline.hgetall(KEY)
            (seconds, microseconds), stored = pipeline.execute()
        known = {key.decode(): Slowed(**json.loads(text)) for key, text in stored.items()}
        return seconds + microseconds / 1e6, known


def domain_of(address: str) -> str:
    """Return the domain of an address, in the form in which claims compare it."""
    return address.rpartition("@")[2].lower()


def portion(rate: float, period: int) -> int:
    """Return the copies of this period: those of all periods together are exactly at the rate."""
    return floor(rate * PERIOD * (period + 1)) - floor(rate * PERIOD * period)


def count_key(domain: str, period: int) -> str:
    return f"{KEY}:{domain}:{period}"
