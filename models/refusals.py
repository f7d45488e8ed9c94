"""What Listgate says when it will not do something: facts, each with a sentence for a person.

A sentence names people by name and never holds an address, a phone number or a text, because it is
also read in logs and in Flower.
"""


class Refusal(Exception):
    """The request was understood and nothing was done; `str()` is the sentence for the person.

    Given as `Refusal("There is no role %(role)s.", role=name)`, a page can tell it in its reader's
    language: `sentence` is in the catalogs, `facts` fill its gaps.
    """

    def __init__(self, sentence: str, **facts: object) -> None:
        # Only the whole is an argument: Celery's result backend rebuilds exceptions from those.
        super().__init__(sentence % facts if facts else sentence)
        self.sentence = sentence
        # In words now: a row could no longer be read when its transaction has been undone.
        self.facts = {key: one if isinstance(one, int) else str(one) for key, one in facts.items()}


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
