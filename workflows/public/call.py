"""The arguments and answers of public tasks: what all of them have in common.

The same definitions serve the tasks and the HTTP API, and docs/tasks.md and the API's description
are drawn from them.
"""

import json
from typing import Annotated, Any, ClassVar, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models import Invalid
from models.ids import MAX_ID
from models.names import MAX_NAME

Id = Annotated[int, Field(gt=0, le=MAX_ID)]
Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]  # no database takes a NUL
ShortName = Annotated[Text, Field(max_length=64)]
IdempotencyKey = Annotated[Text, Field(min_length=1, max_length=200)]
Name = Annotated[Text, Field(max_length=MAX_NAME)]
Address = Annotated[Text, Field(max_length=320)]

# A rate, a window or a span, as the command line writes it.
Rule = Annotated[Text, Field(max_length=20)]

# A service's own key for a person or a list; no short name contains a colon.
EXTERNAL = "external:"
# It is one line without blanks around it.
KEY: Final = r"[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?"
ExternalKey = Annotated[str, Field(pattern=f"^{KEY}$", max_length=200)]
ExternalRef = Annotated[str, Field(pattern=f"^{EXTERNAL}{KEY}$", max_length=len(EXTERNAL) + 200)]
Person = Id | ExternalRef
AList = ShortName | ExternalRef

LIST: Any = Field(description="A list's short name, or `external:` and the service's own key")
OWN_OR_402: Any = Field(
    None,
    description="The user, unless the list is closed, or one with Right 402 on it; "
    "without it the service acts by itself",
)
ACTS: Any = Field(
    None, description="In whose place the service acts; without it the service acts by itself"
)
# Of a task that has private fields and may leave out all of them.
PARCEL: Any = Field(
    None, description="The id under which the private fields are stored (claim check)"
)


def private(default: Any = ..., *, description: str) -> Any:
    """Declare a field that a queue must not show: a task has it in its parcel."""
    return Field(default, description=description, json_schema_extra={"private": True})


class Arguments(BaseModel):
    """The arguments of a public task or of a route of the API."""

    # Strict: "12" or 12.0 is a bug of the caller and should show at once.
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    # The private field whose text is the whole parcel; otherwise a parcel is a JSON object.
    text_of_parcel: ClassVar[str | None] = None

    @classmethod
    def read(cls, given: dict[str, Any]) -> Self:
        """Validate what JSON has given; raise Invalid, which quotes no value."""
        try:
            # As JSON, where strict still takes a string for an instant, a UUID and an enum.  kombu
            # may have turned strings into such objects.
            return cls.model_validate_json(json.dumps(given, default=str))
        except ValidationError as wrong:
            complaints = "; ".join(": ".join(one) for one in complaints_of(wrong))
            raise Invalid("%(complaints)s (nothing was done)", complaints=complaints) from None

    @classmethod
    def complaints(cls, given: dict[str, Any]) -> list[tuple[str, str]]:
        """Return what is wrong with what JSON has given: the names of fields, each with why."""
        try:
            cls.model_validate_json(json.dumps(given, default=str))
        except ValidationError as wrong:
            return complaints_of(wrong)
        return []

    @classmethod
    def private_fields(cls) -> set[str]:
        """Return the names of the fields that a queue must not show."""
        return {
            name
            for name, field in cls.model_fields.items()
            if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("private")
        }


class Call(Arguments):
    """The arguments of what changes something."""

    idempotency_key: IdempotencyKey = Field(
        description="Chosen by the caller, new for each thing asked: the same key with the same "
        "arguments gets the first answer again, with others it is refused"
    )


class Query(Arguments):
    """The arguments of what only reads."""


class Answer(BaseModel):
    """What a public task or a route of the API returns; a field without a value is left out."""

    model_config = ConfigDict(frozen=True)


def complaints_of(wrong: ValidationError) -> list[tuple[str, str]]:
    """Return each validation error as the name of its field and a sentence."""
    return [
        # Of an argument of two types, pydantic names the type as well: `user_id.constrained-str`.
        (".".join(str(part) for part in error["loc"] if "-" not in str(part)), error["msg"])
        for error in wrong.errors(include_input=False)
    ]


def require_public(arguments: type[Arguments], given: dict[str, Any]) -> None:
    """Raise Invalid if a task has a private argument: everyone who watches the queue reads it."""
    shown = sorted(arguments.private_fields() & given.keys())
    if shown:
        raise Invalid(
            "Put %(names)s into the parcel, not into the task's arguments.", names=", ".join(shown)
        )


def unpacked(arguments: type[Arguments], given: dict[str, Any], content: str) -> dict[str, Any]:
    """Return the arguments with those of the parcel; raise Invalid if it has others."""
    if arguments.text_of_parcel:
        return {**given, arguments.text_of_parcel: content}
    try:
        private = json.loads(content)
    except (ValueError, RecursionError):
        private = None
    if not isinstance(private, dict) or not private.keys() <= arguments.private_fields():
        raise Invalid(
            "The parcel must be a JSON object with these names only: %(names)s.",
            names=", ".join(sorted(arguments.private_fields())),
        )
    return {**given, **private}


def parcel_id(given: dict[str, Any]) -> UUID | None:
    """Return the id of the call's parcel, if it has one; raise Invalid if that is no UUID."""
    parcel = given.get("parcel")
    if parcel is None:
        return None
    try:
        return UUID(str(parcel))
    except ValueError:
        raise Invalid("The parcel must be a UUID.") from None
