"""What is signed verifies, and no longer once a field that counts has changed."""

from base64 import b64encode
from dataclasses import replace
from functools import cache

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from sqlalchemy.orm import Session

from notifications.letters.delivery import deliver
from notifications.mime.dkim_signature import DkimSigner
from notifications.mime.header_lines import split_mail
from notifications.mime.list_headers import add_list_headers
from sandbox.mailbox import Mailbox
from tests.builders import Cast, a_draft, a_letter, a_mailer
from tests.letter_context import a_context
from tests.notifications.mime.small_mails import FROM, HEADING
from tests.notifications.mime.strange_mails import accepted_mails


@cache
def a_key(bits: int = 1024) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


# A key of 512 bits, which no library makes any more.
WEAK = b"""\
-----BEGIN RSA PRIVATE KEY-----
MIIBPAIBAAJBAN3YHjZl/2K2Y6QQn1HhrHFH8fXiAMaXHImX5NNqD5hJ2dREQ2gk
xy3IimCHwKfMlKRV4hfoxQig1TIf+ZY2EtsCAwEAAQJBAJuIGG51Bh6z1pnA2aHz
gQ2OrjF/+KFCckx5BIHAOxy9Y7lfQu1OjG4/PwXzZhiqsv3hgW8HeSQwb3F6m7g0
yxECIQD2E74fKgxxgj/mEtNZjdnZkPqL6U45jd48wj06MrUAWQIhAObKN/38Cmgy
ZxDMhiFJ043E93abIlX4rnYsBd1SD+ZTAiEAzSdchELcKO38M+ZSCgF3NCnomCik
LNuYAnO19AU+XdECIGO6vrdiUpz0KtV3i/6WiHSayNTX9N5xt/IY0+/vpi9BAiEA
tfbkYnRktF8rru/tYN/DFpOowCd/7rjquICdtgGq3Cw=
-----END RSA PRIVATE KEY-----
"""


@cache
def a_signer() -> DkimSigner:
    pem = a_key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return DkimSigner("lists.example.org", "s1", pem)


def verifies(mail: bytes) -> bool:
    """Whether the signature is good by the record that DNS would have."""
    public = a_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    records = {b"s1._domainkey.lists.example.org.": b"v=DKIM1; p=" + b64encode(public)}
    return bool(dkim.verify(mail, dnsfunc=lambda name, **_: records[name]))


def test_any_mail_that_an_author_may_send_can_be_signed() -> None:
    for raw in (FROM, *accepted_mails()[:20]):
        assert verifies(a_signer().signed(add_list_headers(raw, HEADING))), raw


def test_letters_leave_signed(session: Session, people: Cast, mailbox: Mailbox) -> None:
    context = a_context(mailbox)
    signing = replace(context, mailer=replace(context.mailer, signer=a_signer()))

    deliver(session, a_letter(session, people), signing)

    (letter,) = mailbox.mails
    assert verifies(letter.content)
    assert not verifies(letter.content.replace(b"please come", b"stay away"))


def test_copies_verify_with_the_fields_that_count(
    session: Session, people: Cast, mailbox: Mailbox
) -> None:
    message = a_draft(session, people)
    copies = replace(a_mailer(mailbox), signer=a_signer()).copies(message)
    for person in (people.edsger.id, None):
        signed = copies.to("edsger@example.org", person).content
        assert verifies(signed)
        names = [field.name for field in split_mail(signed).fields if field.name != "precedence"]
        for field in [one for one in split_mail(signed).fields if one.name in names[1:]]:
            assert not verifies(signed.replace(field.lines, b"", 1)), field.name
        for added in (b"From: eve@evil.example\r\n", b"Subject: Other\r\n"):
            assert not verifies(added + signed), added


def test_a_bad_key_is_refused_and_not_quoted(subtests: pytest.Subtests) -> None:
    for key, words in [
        (b"no key", "is not an RSA private key in PEM"),
        (b"", "is not an RSA private key in PEM"),
        (
            b"-----BEGIN RSA PRIVATE KEY-----\nQUJD\n-----END RSA PRIVATE KEY-----",
            "is not an RSA private key in PEM",
        ),
        (WEAK, "needs at least 1024 bits"),
    ]:
        with subtests.test(key=key), pytest.raises(ValueError, match=words) as refused:
            DkimSigner("lists.example.org", "s1", key)

        assert "QUJD" not in str(refused.value)
        assert WEAK.splitlines()[1].decode() not in str(refused.value)


def test_a_key_of_pkcs8_is_as_good() -> None:
    pem = a_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    assert DkimSigner("lists.example.org", "s1", pem).modulus == a_signer().modulus
