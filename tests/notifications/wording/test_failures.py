"""A failed push in words: a sentence for each failure, and what its command wrote."""

import pytest

from models import Failure, Language
from notifications.wording.failures import SENTENCES, failure_sentence, readable_stderr

SAID = {
    "ssh: no route\n": "ssh: no route",
    "\x1b[1;31mfatal\x1b[0m: \x07no\n": "fatal:  no",
    "10 %\r20 %\r\nfailed\n": "10 %\n20 %\nfailed",
    "a\x00b\x85c\u2028d\x0be": "a b\nc\nd\ne",
    "\u202egnp.exe\u200b": " gnp.exe",
    "in\tcolumns": "in  columns",
    "\n\nsecond line\n\n": "second line",
    "": "",
}


@pytest.mark.parametrize("stderr", SAID, ids=repr)
def test_only_printable_characters_of_stderr_are_kept(stderr: str) -> None:
    assert readable_stderr(stderr) == SAID[stderr]


def test_every_failure_has_a_sentence_in_every_language() -> None:
    for language in Language:
        for failure in Failure:
            sentence = failure_sentence(failure, -9, language)

            assert sentence.endswith(".")
            assert ("9" in sentence) is (failure in {Failure.EXIT_STATUS, Failure.SIGNAL})
    assert set(SENTENCES) == set(Failure)
