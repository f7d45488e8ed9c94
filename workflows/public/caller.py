"""Who calls, and which people and lists the call is about."""

from collections.abc import Collection, Mapping, Sequence
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
from workflows.services import external_ids
from workflows.sync.journal import lock_user

# Places of unknown keys listed in a refusal, at most.
SHOWN_PLACES = 10


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

    @property
    def is_for_own(self) -> bool:
        """Whether it may name only its own people."""
        return self.service is not None and self.service.acts_for is ActsFor.OWN

    def require(self, scope: Scope) -> None:
        """Raise Trespass unless the key may do what is in `scope`."""
        if self.key and not self.key.may(scope):
            raise Trespass(
                "The service %(service)s may not do this with this key: it lacks the scope "
                "%(scope)s.",
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

    def person_to_change(self, session: Session, person: int | str, *, actor: Actor) -> User:
        """Return the person as `person` does; raise Trespass if the service may not change them.

        A service that acts only for its own people would become an administrator by changing the
        address of one whom it has brought.
        """
        user = self.person(session, person)
        if self.is_for_own:
            lock_user(session, user, actor)
            session.refresh(user, ["grants"])
            if user.is_administrator:
                raise Trespass(
                    "The service %(service)s acts only for its own people, and changes no one who "
                    "may edit users.",
                    service=self.service,
                    via=Door.SERVICE,
                )
        return user

    def require_no_roles(self, roles: Collection[str] | None) -> None:
        """Raise Trespass if a service that acts only for its own people names their roles.

        A role that is granted everywhere gives rights over the people of others.
        """
        if self.is_for_own and roles is not None:
            raise Trespass(
                "The service %(service)s acts only for its own people, and gives and takes no "
                "roles.",
                service=self.service,
                via=Door.SERVICE,
            )

    def people(self, session: Session, named: Sequence[int | str]) -> list[int]:
        """Return the ids of these people, however many, as `person` does for one.

        An id that does not exist is returned as it is.
        """
        keys = [ref.removeprefix(EXTERNAL) for ref in named if isinstance(ref, str)]
        ids = [number for number in named if isinstance(number, int)]
        found = external_ids.people_with(session, self.service_id, keys) if keys else {}
        if len(found) < len(set(keys)):
            raise self.unknown_keys(named, found)
        self.require_own(session, ids)
        return [*ids, *found.values()]

    def require_own(self, session: Session, user_ids: Sequence[int]) -> None:
        """Raise Trespass unless the service may name all people with these ids."""
        if not self.is_for_own:
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

    @staticmethod
    def unknown_keys(named: Sequence[int | str], found: Mapping[str, int]) -> Unknown:
        """Return the refusal that says where the unknown keys are, without quoting them."""
        places = [
            str(place)
            for place, ref in enumerate(named, 1)
            if isinstance(ref, str) and ref.removeprefix(EXTERNAL) not in found
        ]
        more = ", …" if len(places) > SHOWN_PLACES else ""
        return Unknown(
            "This service has no person with the key at these places: %(places)s.",
            places=", ".join(places[:SHOWN_PLACES]) + more,
        )

    def require_same(self, session: Session, user: User, key: str | None) -> None:
        """Raise Invalid unless this existing person may be the one whom the service adds."""
        if self.service is None:
            return
        own = external_ids.of_person(session, self.service, user)
        if own is None and self.is_for_own:
            raise Invalid("There is already a user with this address.")
        if own is not None and key not in {None, own.key}:
            raise Invalid(
                "The service %(service)s has given this person another key.", service=self.service
            )

    def require_key(self, key: str | None) -> None:
        """Raise Invalid if the service could not name a person whom it adds without a key."""
        if key is None and self.is_for_own:
            raise Invalid(
                "external_id: the service %(service)s acts only for people with a key of its own",
                service=self.service,
            )

    def name(
        self, session: Session, what: User | MailingList, key: str | None, *, actor: Actor
    ) -> bool:
        """Give the person or the list the service's own key, if there is one; return if it is new.

        Raises Invalid if no service has signed the call.
        """
        if key is None:
            return False
        if self.service is None:
            raise Invalid("external_id: a call that no service has signed can give no key")
        if isinstance(what, User):
            return external_ids.name_person(session, self.service, what, key, actor=actor)
        return external_ids.name_list(session, self.service, what, key, actor=actor)

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
