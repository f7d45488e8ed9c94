"""Letters, scripts of a server that does anything, and what must be true in the end."""

from collections.abc import Iterator

from hypothesis import strategies as st

from notifications.channel import NotDelivered
from notifications.mime.envelope import Envelope
from tests.notifications.smtp.scripted_server import DROP, HANG
from tests.notifications.smtp.sending import ADA, LETTER

PIPELINING = {"EHLO": "250-scripted.example\r\n250 PIPELINING"}

# Seconds, once the connection is open.  A busy machine may need longer for an answer: that is one
# more silence.
IMPATIENCE = 0.05

ANSWERS = ["451 4.3.0 later", "550 5.1.1 no", "421 4.3.2 closing", DROP, HANG, "what?"]
STEPS = ["MAIL", "RCPT", "DATA", "."]

# For a connection: which of its commands gets which answer; all others get what they hope for.
SCRIPTS = st.dictionaries(
    st.builds("{} {}".format, st.sampled_from(STEPS), st.integers(1, 4)),
    st.sampled_from([*ANSWERS[:2], *ANSWERS[:2], *ANSWERS]),
    max_size=3,
)

NUMBER = 5

Found = dict[str, NotDelivered | None]


def letters(recipients_each: int = 1) -> Iterator[Envelope]:
    """Yield letters to m0, m1, ..."""
    for n in range(0, NUMBER * recipients_each, recipients_each):
        recipients = tuple(f"m{n + k}@example.org" for k in range(recipients_each))
        yield Envelope(LETTER, ADA, recipients)


def assert_true(found: Found, took: list[tuple[str, ...]]) -> None:
    """What was reported is what happened."""
    got = [each for recipients in took for each in recipients]
    sent = {each for each, outcome in found.items() if outcome is None}
    uncertain = {each for each, outcome in found.items() if outcome and outcome.uncertain}
    assert len(got) == len(set(got)), "somebody got it twice"
    assert sent <= set(got), "somebody has not got what was reported as sent"
    assert set(got) <= sent | uncertain, "somebody got what was reported as refused or untried"
