"""The copies of one message: composed once, and filled in for each recipient."""

from functools import cached_property

from sqlalchemy.orm import object_session

from models import Installation, ListDelivery, Message
from notifications.mime.dkim_signature import DkimSigner
from notifications.mime.envelope import Envelope, addressed
from notifications.mime.fields import Reader
from notifications.mime.list_mail import CopySettings, list_template, reader_of
from notifications.mime.return_path import ReturnPaths
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
        bounce_tokens: bool = True,
    ) -> None:
        session = object_session(message)
        assert session is not None
        key = session.get_one(Installation, True).token_key
        self._message, self._settings, self._signer = message, settings, signer
        self._list_id = message.list_id
        self.size = message.size  # bytes of a copy, without what the list adds
        self._sender = addressed(envelope_sender)
        self._tokens = SealedIds(key, UNSUBSCRIBE)
        self._template = list_template(message, settings)
        mailing_list = message.mailing_list
        self.is_personal = self._template.is_personal
        own_senders = mailing_list.personal and mailing_list.delivery is ListDelivery.MEMBERS
        paths = ReturnPaths(key, self._sender, tokens=bounce_tokens and own_senders)
        self._return_path = paths.of_copies(message.id, message.mark)
        self.identical = not (self._template.has_places or paths.tokens)

    def to(self, address: str, person_id: int | None, name: str = "") -> Envelope:
        """Return the copy for an address: in microseconds, or some milliseconds if it is signed.

        `person_id` is the user with this address; None, for a list's own address, gets neither a
        link that unsubscribes at once nor an envelope sender of its own.  `name` is needed if
        `is_personal`.  Raise ValueError or NotDelivered as `Envelope.around` does.
        """
        if not address:
            raise ValueError("A copy needs a recipient.")
        sender = self._sender if person_id is None else self._return_path(person_id)
        return Envelope(self._content(person_id, name), sender, (addressed(address),))

    def _content(self, person_id: int | None, name: str) -> bytes:
        if person_id is None or not self._template.has_places:
            return self._shared
        token = self._tokens.seal(self._list_id, person_id)
        reader = self._reader(name, token) if self.is_personal else None
        return self._signed(self._template.filled(token.encode(), reader))

    def _reader(self, name: str, token: str | None) -> Reader:
        return reader_of(self._message, self._settings, name=name, token=token)

    @cached_property
    def _shared(self) -> bytes:
        template = list_template(self._message, self._settings, with_token=False)
        return self._signed(template.filled(b"", self._reader("", None)))

    def _signed(self, content: bytes) -> bytes:
        return self._signer.signed(content) if self._signer else content
