"""A webhook goes to public addresses only."""

import socket
import threading
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import EventFailure
from workflows.events import addresses
from workflows.events.addresses import NotDelivered, addresses_of, is_public

PRIVATE = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",  # carrier-grade NAT
    "127.0.0.0/8",
    "169.254.0.0/16",  # link-local, and the metadata of clouds
    "172.16.0.0/12",
    "192.0.0.0/29",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "::ffff:0:0/96",  # IPv4-mapped
    "::/96",  # IPv4-compatible
    "64:ff9b::/96",  # NAT64
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/32",  # Teredo
    "2001:db8::/32",
    "2002::/16",  # 6to4
    "3fff::/20",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
]
PUBLIC = ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "2a00:1450:4001:80b::200e"]


@given(network=st.sampled_from([ip_network(each) for each in PRIVATE]), data=st.data())
def test_no_address_of_a_private_network_is_public(network: Any, data: st.DataObject) -> None:
    addresses = st.integers(int(network[0]), int(network[-1]))
    address = type(network[0])(data.draw(addresses))

    assert not is_public(str(address))


@given(address=st.ip_addresses(v=4))
def test_an_ipv4_address_inside_an_ipv6_address_is_not_public(address: IPv4Address) -> None:
    inside = [
        f"::ffff:{address}",
        f"::{address}",
        f"64:ff9b::{address}",
        str(IPv6Address((0x2002 << 112) | (int(address) << 80))),
    ]

    assert [each for each in inside if is_public(each)] == []


@given(address=st.ip_addresses())
def test_what_is_public_is_global_for_python_too(address: IPv4Address | IPv6Address) -> None:
    assert ip_address(str(address)).is_global or not is_public(str(address))


def test_hosts_of_the_internet_are_public() -> None:
    for address in PUBLIC:
        assert is_public(address)


def test_what_is_no_plain_address_is_not_public() -> None:
    for text in ["fe80::1%eth0", "example.org", "", "1.2.3", "0x7f.1"]:
        assert not is_public(text)


def test_no_spelling_of_this_machine_is_allowed(subtests: pytest.Subtests) -> None:
    for host in ["localhost", "127.1", "2130706433", "0x7f000001", "0", "[::1]"]:
        with subtests.test(host=host), pytest.raises(NotDelivered) as refused:
            addresses_of(host.strip("[]"), 443, allow_private=False)

        assert refused.value.failure is EventFailure.FORBIDDEN_ADDRESS


def test_one_private_address_among_several_refuses_the_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [(socket.AF_INET, 1, 6, "", (each, 443)) for each in ("1.1.1.1", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)

    with pytest.raises(NotDelivered) as refused:
        addresses_of("rebinding.example.org", 443, allow_private=False)

    assert refused.value.failure is EventFailure.FORBIDDEN_ADDRESS
    assert addresses_of("x", 443, allow_private=True) == ["1.1.1.1", "10.0.0.1"]


def test_a_name_that_does_not_exist_is_no_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(NotDelivered) as refused:
        addresses_of("nowhere.example.org", 443, allow_private=False)

    assert refused.value.failure is EventFailure.UNKNOWN_NAME


def test_a_name_server_that_never_answers_occupies_no_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    over = threading.Event()

    def wait(*_: object, **__: object) -> list[Any]:
        over.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", wait)
    monkeypatch.setattr(addresses, "LOOK_UP_TIMEOUT", 0.05)

    with pytest.raises(NotDelivered) as refused:
        addresses_of("silent.example.org", 443, allow_private=False)
    over.set()

    assert refused.value.failure is EventFailure.TOOK_TOO_LONG
