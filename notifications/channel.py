"""The errors of every channel: what `NotDelivered` says of a letter that was not taken."""


class NotDelivered(Exception):
    """The channel did not take the letter.

    The sentence is for logs and pages: it never holds an address, a phone number or a part of the
    letter.  `answer` is the server's own text, which may quote addresses, so only the database row
    stores it.  (As it is no argument of Exception, no traceback shows it.)
    """

    # What a mail server answered: "MAIL", "RCPT", "DATA", or "." for the content.
    step: str = ""

    def __init__(
        self, sentence: str, *, permanent: bool = False, uncertain: bool = False, answer: str = ""
    ) -> None:
        super().__init__(sentence)
        self.permanent = permanent  # do not try again
        self.uncertain = uncertain  # the final answer was lost: the letter may have been taken
        self.answer = answer


class Unavailable(NotDelivered):
    """The channel takes no letter now; the failure does not count against this one."""
