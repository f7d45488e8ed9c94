"""Find out which service calls: by its bearer token, or by the signed envelope of a task.

The envelope signs the task's name, id and arguments, so that access to the broker alone lets
no one act, and a call cannot be changed on its way (docs/decisions/0034-services.md).
"""

import json
import re
from datetime import timedelta
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models import Refusal, ServiceKey
from models.clock import now
from models.ids import row_id
from notifications.letters.keys import Keys

# The header of a task's message.
ENVELOPE = "X-Listgate-Service"

# A call that is older is refused.  Idempotency keys are remembered for longer, so a copy of an
# accepted call has no second effect.
VALID_FOR = timedelta(days=6)
CLOCKS_DIFFER = timedelta(minutes=5)

# How exact `last_used_at` is.
NOTED_EVERY = timedelta(minutes=1)

TOKEN = re.compile(r"lgs_([1-9][0-9]{0,18})_[a-z2-7]{52}")
SIGNATURE = re.compile(r"([1-9][0-9]{0,18})\.([0-9]{1,12})\.([0-9a-f]{64})")


class NotAuthenticated(Refusal):
    """The caller did not prove which service it is."""


def key_of_token(session: Session, token: str, keys: Keys) -> ServiceKey:
    """Return the key with this token; raise NotAuthenticated."""
    found = TOKEN.fullmatch(token)
    key = valid_key(session, found[1]) if found else None
    if key is None or not compare_digest(token, keys.service_token(key.id, key.salt)):
        raise NotAuthenticated("This token is unknown, has expired or was revoked.")
    note_use(session, key)
    return key


def key_of_envelope(
    session: Session, envelope: object, call: tuple[str, str, dict[str, Any]], keys: Keys
) -> ServiceKey:
    """Return the key that signed a call: a task's name, its id and its arguments.

    Raises NotAuthenticated if the signature is missing, wrong or too old.
    """
    if envelope is None:
        raise NotAuthenticated("This call is not signed by a service.")
    found = SIGNATURE.fullmatch(str(envelope))
    key = valid_key(session, found[1]) if found else None
    if found is None or key is None:
        raise NotAuthenticated("The key that signed this call is unknown, expired or revoked.")
    right = sign(keys.service_token(key.id, key.salt), call, at=int(found[2]))
    if not compare_digest(str(envelope), right):
        raise NotAuthenticated("The signature of this call is wrong.")
    age = now().timestamp() - int(found[2])
    if not -CLOCKS_DIFFER.total_seconds() <= age <= VALID_FOR.total_seconds():
        raise NotAuthenticated("The signature of this call is too old, or of the future.")
    note_use(session, key)
    return key


def sign(token: str, call: tuple[str, str, dict[str, Any]], *, at: int) -> str:
    """Return the envelope of a call: `KEY.TIME.SIGNATURE`, with the time in seconds since 1970.

    The signature is the HMAC-SHA-256, with the token as its key, of four lines: the task's name,
    its id, the time, and the SHA-256 of the arguments as JSON with sorted names and no blanks.
    """
    name, task_id, arguments = call
    lines = "\n".join((name, task_id, str(at), hash_of(arguments)))
    return f"{token.split('_')[1]}.{at}.{digest(token.encode(), lines.encode(), 'sha256').hex()}"


def hash_of(arguments: dict[str, Any]) -> str:
    """Return the SHA-256 (hexadecimal) of the arguments as JSON with sorted names and no blanks."""
    text = json.dumps(arguments, sort_keys=True, separators=(",", ":"), default=str)
    return sha256(text.encode()).hexdigest()


def valid_key(session: Session, number: str) -> ServiceKey | None:
    """Return the key with this number if it is valid."""
    key_id = row_id(number)
    key = session.get(ServiceKey, key_id) if key_id else None
    return key if key and key.is_valid else None


def note_use(session: Session, key: ServiceKey) -> None:
    """Note that the key was used, to the minute; never wait for another call that does."""
    if key.last_used_at is None or key.last_used_at < now() - NOTED_EVERY:
        own = select(ServiceKey.id).where(ServiceKey.id == key.id)
        free = own.with_for_update(skip_locked=True).scalar_subquery()
        session.execute(update(ServiceKey).where(ServiceKey.id == free).values(last_used_at=now()))
