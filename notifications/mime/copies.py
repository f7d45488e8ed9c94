"""The copies of one message: composed once, and filled in for each recipient."""

from functools import cached_property

from sqlalchemy.orm import object_session

from models import Installation, Message
from notifications.mime.dkim_signature import DkimSigner
from notifications.mime.envelope import Envelope, addressed
from notifications.mime.list_mail import CopySettings, list_template
from notifications.mime.sealed_ids import UNSUBSCRIBE, SealedIds


class Copies:
    """The copies of a message; used by one thread."""

    def __init__(
        self,
        message: Message,
        *,
        envelope_sender: str,
        settings: CopySettings,
        signer: DkimSigner | None = None,
    ) -> None:
        session = object_session(message)
        assert session is not None
        key = session.get_one(Installation, True).token_key
        self._message, self._settings, self._signer = message, settings, signer
        self._list_id = message.list_id
        self._sender = addressed(envelope_sender)
        self._tokens = SealedIds(key, UNSUBSCRIBE)
        self._template = list_template(message, settings)
        self.identical = not self._template.has_places

    def to(self, address: str, person_id: int | None) -> Envelope:
        """Return the copy for an address: in microseconds, or some milliseconds if it is signed.

        `person_id` is the user with this address; None, for a list's own address, gets no link
        that unsubscribes at once.  Raise ValueError or NotDelivered as `Envelope.around` does.
        """
        if not address:
            raise ValueError("A copy needs a recipient.")
        return Envelope(self._content(person_id), self._sender, addressed(address))

    def _content(self, person_id: int | None) -> bytes:
        if self.identical or person_id is None:
            return self._shared
        token = self._tokens.seal(self._list_id, person_id)
        return self._signed(self._template.filled(token.encode()))

    @cached_property
    def _shared(self) -> bytes:
        template = list_template(self._message, self._settings, with_token=False)
        return self._signed(template.filled(b""))

    def _signed(self, content: bytes) -> bytes:
        return self._signer.signed(content) if self._signer else content
