"""Refuse passwords that are too short, too long, or easy to guess."""

import re
from threading import Lock

from zxcvbn import zxcvbn  # type: ignore[import-untyped]

from models import Invalid, User

SHORTEST_PASSWORD = 12  # characters; below that, guessing a stolen hash pays (NIST SP 800-63B)
# Characters, of four bytes at most: passlib refuses to hash more than 4,096 bytes.
LONGEST_PASSWORD = 1024

# zxcvbn's scale of 0 to 4: less than 10^8 guesses are not enough against a stolen hash.
LOWEST_SCORE = 3
# zxcvbn examines this many characters, because its time grows fast: two seconds for the worst.
EXAMINED = 32

PRODUCT = "listgate"

# A password with a known word in it needs as many other letters.
OWN_LETTERS = 6

# zxcvbn stores the words about the person in a global variable.
lock = Lock()


def require_good_password(password: str, user: User) -> None:
    """Raise Invalid unless the normalised password is one that this person may choose."""
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid("A password needs at least 12 characters; several words work well.")
    if len(password) > LONGEST_PASSWORD:
        raise Invalid("A password has at most 1,024 characters.")
    words = words_about(user)
    with lock:
        score = zxcvbn(password[:EXAMINED], words)["score"]
    if score < LOWEST_SCORE or is_made_of(words, password):
        raise Invalid(
            "This password is easy to guess: it is common, or too close to your address, your name"
            " or Listgate. Several words work well."
        )


def words_about(user: User) -> list[str]:
    """Return what a guesser who knows the person tries first: address, names, product."""
    parts = re.split(r"\W+", f"{user.address} {user.name}")
    return [PRODUCT, user.address, *(part for part in parts if len(part) > 2)]


def is_made_of(words: list[str], password: str) -> bool:
    """Whether fewer than OWN_LETTERS are left without these words, digits and punctuation."""
    known = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    rest = re.sub(known, "", password, flags=re.IGNORECASE)
    return rest != password and sum(map(str.isalpha, rest)) < OWN_LETTERS
