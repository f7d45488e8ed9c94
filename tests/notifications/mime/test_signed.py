"""Signed text is read without a key, and only signed text."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from hypothesis import given
from hypothesis import strategies as st

from notifications.mime.signed import signed_content, without_pgp
from notifications.replies.parse import read_reply

ENTITY = b"Content-Type: text/plain; charset=utf-8\r\n\r\nApproved, thanks.\r\n"

SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
DATA = bytes.fromhex("06092a864886f70d010701")


def signed(*options: pkcs7.PKCS7Options, entity: bytes = ENTITY) -> bytes:
    """Return the entity as a mail program signs it, in DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Grace Hopper")])
    start = datetime(2024, 3, 12, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    builder = pkcs7.PKCS7SignatureBuilder(entity, [(certificate, key, hashes.SHA256(), None)])
    return builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary, *options])


def streamed(*pieces: bytes) -> bytes:
    """The same in BER, as programs write it that do not know its length before."""
    octets = b"".join(b"\x04" + bytes([len(piece)]) + piece for piece in pieces)
    content = b"\xa0\x80\x24\x80" + octets + b"\0\0\0\0"
    inner = b"\x30\x80\x02\x01\x01\x31\x80\x30\x80\0\0\0\0" + b"\x30\x80" + DATA + content
    return b"\x30\x80" + SIGNED_DATA + b"\xa0\x80" + inner + b"\0\0\0\0\0\0\0\0"


def as_mail(data: bytes, kind: str = "application/pkcs7-mime") -> bytes:
    head = f"Content-Type: {kind}; name=smime.p7m\nContent-Transfer-Encoding: binary\n\n"
    return head.encode() + data


def test_signed_data_gives_its_content() -> None:
    assert signed_content(signed()) == ENTITY
    assert signed_content(streamed(b"Content-Type: ", b"text/plain")) == b"Content-Type: text/plain"


def test_pieces_of_a_known_length_end_there() -> None:
    pieces = b"\x04\x02ok" + b"\x04\x01\n"
    known = streamed(b"!").replace(b"\x24\x80\x04\x01!", b"\x24\x07" + pieces + b"\x04\x01!")

    assert signed_content(known) == b"ok\n"


@pytest.mark.parametrize("kind", ["application/pkcs7-mime", "application/x-pkcs7-mime"])
def test_an_opaque_mail_is_read(kind: str) -> None:
    assert read_reply(as_mail(streamed(b"\n", b"ok\n"), kind)).verdict
    assert read_reply(as_mail(streamed(b"\n", b"ok\n\nif Ada agrees"), kind)).verdict is None


def test_only_one_opaque_signature_is_opened() -> None:
    twice = signed(entity=as_mail(streamed(b"\n", b"ok\n")))

    assert read_reply(as_mail(twice)).verdict is None


def test_anything_else_is_refused(subtests: pytest.Subtests) -> None:
    for data in [
        b"",
        b"ok",
        b"\x30\x80",
        SIGNED_DATA,
        b"\x30\x0b" + SIGNED_DATA,
        signed(pkcs7.PKCS7Options.DetachedSignature),
        streamed(b"ok").replace(SIGNED_DATA, SIGNED_DATA[:-1] + b"\x03"),
        streamed(b"ok").replace(b"\x24\x80", b"\x31\x80"),
    ]:
        with subtests.test(data=data), pytest.raises(ValueError, match="It"):
            signed_content(data)


@given(st.integers(0, 120), st.binary(max_size=8))
def test_no_broken_data_crashes(cut: int, noise: bytes) -> None:
    for whole in (streamed(b"\n", b"ok\n"), DER):
        with suppress(ValueError):
            assert isinstance(signed_content(whole[:cut] + noise + whole[cut + 4 :]), bytes)


DER = signed()

PGP = """\
Above

-----BEGIN PGP SIGNED MESSAGE-----
Hash: SHA256
Comment: x

ok
- --\x20
Grace
-----BEGIN PGP SIGNATURE-----

iHUEARYIAB0WIQ
-----END PGP SIGNATURE-----

Below
"""


def test_inline_pgp_leaves_the_text_and_all_around_it() -> None:
    assert without_pgp(PGP) == "Above\n\nok\n-- \nGrace\n\n\nBelow\n"
    assert without_pgp("- ok\n") == "- ok\n"


def test_hostile_armour_takes_a_time_that_grows_with_its_length_only() -> None:
    for line in [
        "-----BEGIN PGP SIGNED MESSAGE-----\n",
        "-----BEGIN PGP SIGNATURE-----",
        "Hash: x",
        "- x",
    ]:
        start = "-----BEGIN PGP SIGNED MESSAGE-----\n\n"

        assert isinstance(without_pgp(start + f"{line}\n" * 20_000), str)
