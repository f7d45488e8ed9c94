"""Refusals: exceptions named as facts, each with a sentence for a person.

A sentence names people by name and never holds an address, a phone number or a text, because logs
and Flower show it too.
"""

from collections.abc import Mapping
from datetime import datetime


class Amount(int):
    """A count, written with separators: 1,001."""

    def __str__(self) -> str:
        return f"{int(self):,}"


class Refusal(Exception):
    """The request was understood and nothing was done; `str()` is the sentence for the person.

    A page translates `Refusal("There is no role %(role)s.", role=name)`: `sentence` is in the
    catalogs, and `facts` fill its placeholders.  Times and Amounts are formatted per language.
    """

    def __init__(self, sentence: str, **facts: object) -> None:
        # The whole sentence is the only argument: Celery's result backend rebuilds exceptions from
        # their arguments.
        super().__init__(filled(sentence, {name: english(fact) for name, fact in facts.items()}))
        self.sentence = sentence
        # As text now: a row cannot be read once its transaction is rolled back.
        self.facts = {name: plain(fact) for name, fact in facts.items()}


def filled(sentence: str, facts: Mapping[str, object]) -> str:
    """Return the sentence with its placeholders filled.

    Without facts it is returned as it is: Celery and pickle rebuild a refusal from its filled
    sentence, where a percent sign may be part of a name.
    """
    return sentence % facts if facts else sentence


def english(fact: object) -> object:
    """Return a fact as the English sentence shows it."""
    return f"{fact:%Y-%m-%d at %H:%M:%S %Z}" if isinstance(fact, datetime) else fact


def plain(fact: object) -> int | str | datetime:
    """Return a fact that is formatted per language as it is, any other as text."""
    return fact if isinstance(fact, int | datetime) else str(fact)


class Unknown(Refusal):
    """There is no such row."""


class Invalid(Refusal):
    """The input is not valid; the sentence says why."""


class Trespass(Refusal):
    """The actor is not allowed to do this; the attempt is recorded in the audit log."""

    def __init__(
        self,
        sentence: str,
        *,
        by_id: int | None = None,
        via: str | None = None,
        message_id: int | None = None,
        list_id: int | None = None,
        **facts: object,
    ) -> None:
        super().__init__(sentence, **facts)
        self.by_id = by_id
        self.via = via
        self.message_id = message_id
        self.list_id = list_id
