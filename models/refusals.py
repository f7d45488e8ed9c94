"""What Listgate says when it will not do something: facts, each with a sentence for a person.

A sentence names people by name and never holds an address, a phone number or a text, because it is
also read in logs and in Flower.
"""

from collections.abc import Mapping
from datetime import datetime


class Amount(int):
    """A number that counts something, told as people write large ones: 1,001."""

    def __str__(self) -> str:
        return f"{int(self):,}"


class Refusal(Exception):
    """The request was understood and nothing was done; `str()` is the sentence for the person.

    Given as `Refusal("There is no role %(role)s.", role=name)`, a page can tell it in its reader's
    language: `sentence` is in the catalogs, `facts` fill its gaps.  Of the facts, each language
    tells times and Amounts in its own way.
    """

    def __init__(self, sentence: str, **facts: object) -> None:
        # Only the whole is an argument: Celery's result backend rebuilds exceptions from those.
        super().__init__(filled(sentence, {gap: english(one) for gap, one in facts.items()}))
        self.sentence = sentence
        # In words now: a row could no longer be read when its transaction has been undone.
        self.facts = {gap: kept(one) for gap, one in facts.items()}


def filled(sentence: str, facts: Mapping[str, object]) -> str:
    """The sentence with its gaps filled; one without facts has none, whatever its signs.

    Celery and pickle rebuild a refusal from its words, where a percent sign may be of a name.
    """
    return sentence % facts if facts else sentence


def english(fact: object) -> object:
    """A fact as it stands in the English sentence."""
    return f"{fact:%Y-%m-%d at %H:%M:%S %Z}" if isinstance(fact, datetime) else fact


def kept(fact: object) -> int | str | datetime:
    """A fact that every language tells in its own way, or else its words."""
    return fact if isinstance(fact, int | datetime) else str(fact)


class Unknown(Refusal):
    """There is no such row."""


class Invalid(Refusal):
    """What was given cannot be used, and the sentence says why."""


class Trespass(Refusal):
    """Somebody tried what is not theirs; the attempt itself goes into the audit trail."""

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
