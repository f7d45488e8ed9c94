"""Find the addresses of a webhook's host, and refuse those of private networks (SSRF)."""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

from models import EventFailure

# Seconds for a name server.
LOOK_UP_TIMEOUT: Final = 5

# Global unicast (RFC 4291).  Within it, the blocks that embed an IPv4 address or belong to no
# host; `is_global` knows some of them only in some versions of Python.
GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
EMBEDDING: Final = (
    IPv6Network("2001::/23"),  # Teredo (RFC 4380) and other protocols
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("2002::/16"),  # 6to4 (RFC 3056)
    IPv6Network("3fff::/20"),  # documentation
)


class NotDelivered(Exception):
    """The attempt failed; `failure` says how."""

    def __init__(self, failure: EventFailure, http_status: int | None = None) -> None:
        super().__init__(failure.value)
        self.failure = failure
        self.http_status = http_status


def addresses_of(host: str, port: int, *, allow_private: bool) -> list[str]:
    """Return the addresses to which a webhook may connect; raise NotDelivered.

    One forbidden address among several refuses the name: no public host has one.
    """
    addresses = looked_up(host, port)
    if not allow_private and not all(map(is_public, addresses)):
        raise NotDelivered(EventFailure.FORBIDDEN_ADDRESS)
    return addresses


def looked_up(host: str, port: int) -> list[str]:
    """Return the addresses that name servers know; raise NotDelivered.

    The resolver of the system has no time limit, and nothing interrupts it: a thread waits for it,
    and is left behind until it gives up.
    """
    found: SimpleQueue[list[str] | None] = SimpleQueue()

    def look_up() -> None:
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            found.put(None)
        else:
            found.put(list(dict.fromkeys(str(each[4][0]) for each in infos)))

    Thread(target=look_up, daemon=True).start()
    try:
        addresses = found.get(timeout=LOOK_UP_TIMEOUT)
    except Empty:
        raise NotDelivered(EventFailure.TOOK_TOO_LONG) from None
    if not addresses:
        raise NotDelivered(EventFailure.UNKNOWN_NAME)
    return addresses


def is_public(address: str) -> bool:
    """Whether this is the address of a host on the Internet.

    Addresses with an IPv4 address inside (mapped, NAT64, 6to4, Teredo) are not: a gateway would
    lead to it.
    """
    try:
        parsed = ip_address(address)
    except ValueError:  # also of an interface: fe80::1%eth0
        return False
    if not parsed.is_global or parsed.is_multicast or parsed.is_reserved:
        return False
    match parsed:
        case IPv4Address():
            return True
        case IPv6Address():
            return parsed in GLOBAL_UNICAST and not any(parsed in each for each in EMBEDDING)
