"""The doctor compares the key that signs with the one in DNS."""

from base64 import b64encode
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from dns.exception import Timeout
from dns.resolver import NXDOMAIN
from pydantic import SecretStr

from portal.cli import dkim_record, doctor
from settings import settings

KEYS = [rsa.generate_private_key(65537, 2048) for _ in range(2)]
PEM = KEYS[0].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def record(key: rsa.RSAPrivateKey) -> SimpleNamespace:
    """A TXT record, in two strings, as long ones are."""
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return SimpleNamespace(strings=[b"v=DKIM1; k=rsa; p=", b64encode(public)])


@pytest.mark.parametrize(
    ("key", "answer", "ok", "text"),
    [
        ("", [], True, "left to the mail relay (DKIM_KEY)"),
        ("no key", [], False, "DKIM_KEY: is not an RSA private key in PEM."),
        (PEM, [record(KEYS[0])], True, "s1._domainkey.example.org in DNS has the same key"),
        (PEM, [record(KEYS[1])], False, "s1._domainkey.example.org in DNS has another key"),
        (
            PEM,
            [SimpleNamespace(strings=[b"v=DKIM1; p="])],
            False,
            "s1._domainkey.example.org in DNS has another key",
        ),
        (PEM, NXDOMAIN, False, "s1._domainkey.example.org is not in DNS"),
        (PEM, Timeout, True, "DNS does not answer here about s1._domainkey.example.org"),
    ],
)
def test_key_and_record_are_compared(
    monkeypatch: pytest.MonkeyPatch, key: str, answer: object, *, ok: bool, text: str
) -> None:
    def resolve(name: str, kind: str, **_: object) -> object:
        assert (name, kind) == ("s1._domainkey.example.org.", "TXT")
        if isinstance(answer, type):
            raise answer
        return answer

    monkeypatch.setattr(dkim_record, "resolve", resolve)
    own = {"dkim_key": SecretStr(key), "dkim_selector": "s1", "dkim_domain": "example.org"}
    monkeypatch.setattr(doctor, "settings", settings.model_copy(update=own))

    finding = doctor.signatures()

    assert (finding.ok, finding.text) == (ok, text)
    assert bool(finding.fix) != ok
