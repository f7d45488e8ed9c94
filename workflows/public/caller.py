"""Who calls, and which people and lists the call is about."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from models import (
    Actor,
    ActsFor,
    Door,
    ExternalId,
    Invalid,
    MailingList,
    Scope,
    Service,
    ServiceKey,
    Trespass,
    Unknown,
    User,
)
from workflows import access
from workflows.lists.lists import list_named
from workflows.public.call import EXTERNAL


@dataclass(frozen=True)
class Caller:
    """A service with the key that it used; without one, a caller where SERVICES_OPEN is true."""

    key: ServiceKey | None = None

    @property
    def service(self) -> Service | None:
        """The service that calls, if it has said so."""
        return self.key.service if self.key else None

    @property
    def service_id(self) -> int | None:
        """Its id."""
        return self.key.service_id if self.key else None

    def require(self, scope: Scope) -> None:
        """Raise Trespass unless the key may do what is in `scope`."""
        if self.key and not self.key.may(scope):
            raise Trespass(
                "The service %(service)s may not do this with this key: it lacks %(scope)s.",
                service=self.key.service,
                scope=scope,
                via=Door.SERVICE,
            )

    def actor(self, session: Session, person: int | str | None) -> Actor:
        """Return the person in whose place the service acts, or the service itself.

        Raises Unknown; Trespass if the person is disabled, or not one that the service acts for;
        Invalid if neither is named.
        """
        if person is not None:
            user = self.person(session, person)
            return access.enabled(Actor(user, Door.SERVICE, self.service))
        if self.service is None:
            raise Invalid("by_id: a call that no service has signed needs a person who acts")
        return Actor(None, Door.SERVICE, self.service)

    def person(self, session: Session, person: int | str) -> User:
        """Return the person with this id, or with the service's own key for them.

        Raises Unknown; Trespass if the service may name only its own people.
        """
        if isinstance(person, str):
            return session.get_one(User, self.external(session, person).user_id)
        user = access.user_by_id(session, person)
        self.require_own(session, [user.id])
        return user

    def require_own(self, session: Session, user_ids: Sequence[int]) -> None:
        """Raise Trespass unless the service may name all people with these ids."""
        if self.service is None or self.service.acts_for is not ActsFor.OWN:
            return
        named = select(func.unnest(literal(list(user_ids), ARRAY(BigInteger))))
        own = select(ExternalId.user_id).where(
            ExternalId.service_id == self.service_id, ExternalId.user_id.is_not(None)
        )
        if session.scalar(named.except_(own).limit(1)) is not None:
            raise Trespass(
                "The service %(service)s may act only for people that it has brought.",
                service=self.service,
                via=Door.SERVICE,
            )

    def mailing_list(self, session: Session, which: str) -> MailingList:
        """Return the list with this short name, or with the service's own key; raise Unknown."""
        if which.startswith(EXTERNAL):
            return session.get_one(MailingList, self.external(session, which, of_list=True).list_id)
        return list_named(session, which)

    def external(self, session: Session, named: str, *, of_list: bool = False) -> ExternalId:
        """Return the row of the service's own key; raise Unknown."""
        kind = ExternalId.list_id if of_list else ExternalId.user_id
        found = session.scalar(
            select(ExternalId).where(
                ExternalId.service_id == self.service_id,
                ExternalId.key == named.removeprefix(EXTERNAL),
                kind.is_not(None),
            )
        )
        if found is None:
            raise Unknown("This service has no person or list with this key of its own.")
        return found
