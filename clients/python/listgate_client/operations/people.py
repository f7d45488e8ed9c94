"""Add, change, disable and remove people, from another service.

Drawn from workflows/public/people.py by `make fix`.
"""

from collections.abc import Sequence

from listgate_client.operation import Client, Operation
from listgate_client.operations.subscriptions import Changed
from listgate_client.operations.values import Language, Preference

ADD_PERSON: Operation[Changed] = Operation(
    "listgate.add_person", "POST", "/people", private=("address", "name", "phone")
)
UPDATE_PERSON: Operation[Changed] = Operation(
    "listgate.update_person", "PATCH", "/people/{user_id}", private=("address", "name", "phone")
)
DISABLE_PERSON: Operation[Changed] = Operation(
    "listgate.disable_person", "POST", "/people/{user_id}/disable"
)
ENABLE_PERSON: Operation[Changed] = Operation(
    "listgate.enable_person", "POST", "/people/{user_id}/enable"
)
CHANGE_ADDRESS: Operation[Changed] = Operation(
    "listgate.change_address", "PUT", "/people/{user_id}/address", private=("address",), text=True
)
REMOVE_USER: Operation[Changed] = Operation("listgate.remove_user", "DELETE", "/people/{user_id}")


class People(Client):
    """Add, change, disable and remove people, from another service."""

    def add_person(
        self,
        *,
        address: str,
        name: str,
        phone: str | None = None,
        external_id: str | None = None,
        language: Language | None = None,
        time_zone: str | None = None,
        preference: Preference | None = None,
        roles: Sequence[str] | None = None,
        by_id: int | str | None = None,
        idempotency_key: str | None = None,
    ) -> Changed:
        """Add a person; mails them nothing.

        If a person has this address already, and the service may act for everyone, that person is
        the answer, with `"changed": false`: the service's key is given to them, and nothing else of
        them changes.  A service that acts only for its own people is refused, and must give
        `external_id`. It gives no roles.  A key of another person is refused.

        `address`: The person's address
        `name`: The person's name
        `phone`: In E.164 or as people write it, with the country's prefix
        `external_id`: The service's own key for them
        `language`: Of letters and pages
        `time_zone`: An IANA name such as Europe/Zurich, in which the person reads times; empty:
            TIME_ZONE
        `preference`: How the person wants letters; sms and both need a phone
        `roles`: Names of roles, granted everywhere
        `by_id`: A user with Right 2000; without it the service acts by itself
        """
        return self.perform(
            ADD_PERSON,
            {"address": address, "name": name},
            phone=phone,
            external_id=external_id,
            language=language,
            time_zone=time_zone,
            preference=preference,
            roles=roles,
            by_id=by_id,
            idempotency_key=idempotency_key,
        )

    def update_person(
        self,
        *,
        user_id: int | str,
        address: str | None = None,
        name: str | None = None,
        phone: str | None = None,
        external_id: str | None = None,
        language: Language | None = None,
        time_zone: str | None = None,
        preference: Preference | None = None,
        roles: Sequence[str] | None = None,
        by_id: int | str | None = None,
        idempotency_key: str | None = None,
    ) -> Changed:
        """Change a person; what is left out or null keeps its value.

        Of a new address a letter goes to it and to the former one, and every list that the person
        is on is pushed.  A service that acts only for its own people changes no roles, and no one
        who may edit users.

        `user_id`: Who is changed
        `address`: The new address
        `name`: The person's name
        `phone`: In E.164 or as people write it, with the country's prefix; empty: none
        `external_id`: The service's own key for them from now on, in place of an earlier one
        `language`: Of letters and pages
        `time_zone`: An IANA name such as Europe/Zurich, in which the person reads times; empty:
            TIME_ZONE
        `preference`: How the person wants letters; sms and both need a phone
        `roles`: All roles that they have everywhere, by name; needs Right 2000
        `by_id`: The user, or one with Right 2000; without it the service acts by itself
        """
        return self.perform(
            UPDATE_PERSON,
            {"user_id": user_id},
            address=address,
            name=name,
            phone=phone,
            external_id=external_id,
            language=language,
            time_zone=time_zone,
            preference=preference,
            roles=roles,
            by_id=by_id,
            idempotency_key=idempotency_key,
        )

    def disable_person(
        self,
        *,
        user_id: int | str,
        by_id: int | str | None = None,
        idempotency_key: str | None = None,
    ) -> Changed:
        """Let a person neither act nor receive anything until `listgate.enable_person`.

        `user_id`: Who is disabled; nothing of them is deleted
        `by_id`: A user with Right 2000; without it the service acts by itself
        """
        return self.perform(
            DISABLE_PERSON, {"user_id": user_id}, by_id=by_id, idempotency_key=idempotency_key
        )

    def enable_person(
        self,
        *,
        user_id: int | str,
        by_id: int | str | None = None,
        idempotency_key: str | None = None,
    ) -> Changed:
        """Undo `listgate.disable_person`; the person is on the same lists as before.

        `user_id`: Who is enabled
        `by_id`: A user with Right 2000; without it the service acts by itself
        """
        return self.perform(
            ENABLE_PERSON, {"user_id": user_id}, by_id=by_id, idempotency_key=idempotency_key
        )

    def change_address(
        self,
        *,
        user_id: int | str,
        address: str,
        by_id: int | str | None = None,
        idempotency_key: str | None = None,
    ) -> Changed:
        """Give a user another address; every list the user is on is pushed.

        `user_id`: Whose address changes
        `address`: The new address
        `by_id`: The user, or one with Right 2000; without it the service acts by itself
        """
        return self.perform(
            CHANGE_ADDRESS,
            {"user_id": user_id, "address": address},
            by_id=by_id,
            idempotency_key=idempotency_key,
        )

    def remove_user(
        self,
        *,
        user_id: int | str,
        by_id: int | str | None = None,
        idempotency_key: str | None = None,
    ) -> Changed:
        """Take a user off every list, and forget address, phone, roles and services' keys; final.

        `user_id`: Who is removed
        `by_id`: In whose place the service acts; without it the service acts by itself
        """
        return self.perform(
            REMOVE_USER, {"user_id": user_id}, by_id=by_id, idempotency_key=idempotency_key
        )
