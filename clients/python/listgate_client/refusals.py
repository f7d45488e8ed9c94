"""What a call raises."""


class Refused(Exception):
    """Listgate refused the call, and nothing was done; `str()` is a sentence for a person."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        # What a program tests, such as "already_decided".
        self.code = code


class NoAnswer(Exception):
    """No answer came, so the call may have been done: repeat it with the same idempotency key."""

    def __init__(self, why: str, *, idempotency_key: str | None) -> None:
        super().__init__(why)
        self.idempotency_key = idempotency_key
