"""What every channel promises: a letter was taken, or `NotDelivered` says why not."""


class NotDelivered(Exception):
    """The channel did not take it.

    The sentence is for logs and pages: it never holds an address, a phone number or a part of a
    letter.  `answer` is what the other side said, in its own words; servers quote addresses in it,
    so it is meant for the database row only.  (As no argument of Exception it is in no traceback.)
    """

    def __init__(
        self, sentence: str, *, permanent: bool = False, uncertain: bool = False, answer: str = ""
    ) -> None:
        super().__init__(sentence)
        self.permanent = permanent  # trying again is pointless
        self.uncertain = uncertain  # the answer to the last byte was lost: it may have been taken
        self.answer = answer


class Away(NotDelivered):
    """The channel serves nobody now; that says nothing about the letter, which was not tried."""
