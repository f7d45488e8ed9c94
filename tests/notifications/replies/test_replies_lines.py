"""One line is an answer if it is a verb, or a verb and a comment, and nothing else."""
# ruff: noqa: RUF001 (letters and dashes that look like others are what is tested here)

import pytest

from models import Verdict
from notifications.replies.answer import answer_in, takes_back
from notifications.replies.parse import Reply, reply_in
from notifications.replies.reply_words import COMMENT_LIMIT, WORDS, as_comment

ALONE = [
    "{}",
    "{}.",
    "{}!",
    "{} !",
    "{}...",
    "{}…",
    "{}:",
    "{} :",
    "{} -",
    "*{}*",
    "*{}.*",
    "*{}*.",
    "**{}**",
    "_{}_",
    "/{}/",
    '"{}"',
    '"{}."',
    "'{}'",
    "`{}`",
    "“{}”",
    "‘{}’",
    "„{}“",
    "»{}«",
    "« {} »",
    "*{}:*",
]

COMMENTED = [
    "{}: reason",
    "{}:reason",
    "{} : reason",
    "{} - reason",
    "{} – reason",
    "{} — reason",
    "{}—reason",
    "{} -- reason",
    "{}--reason",
    "{} − reason",
    "{}! - reason",
    "*{}*: reason",
    "*{}:* reason",
    "*{}* - reason",
    "“{}” – reason",
]

NO_ANSWERS = [
    "{}?",
    "{} ?",
    "{},",
    "{};",
    "{}, reason",
    "{}. reason",
    "{} reason",
    "{}-reason",
    "{}–reason",
    "{}- reason",
    "{} -reason",
    "{}/reason",
    "{}'s",
    "{}s",
    "{}1",
    "{}_",
    "*{}",
    "{}*",
    '"{}',
    "({})",
    "[{}]",
    "<{}>",
    "-{}",
    "- {}",
    "1. {}",
    ".{}",
    ": {}",
    "re: {}",
    "not {}",
    "pas {}",
    "nicht {}",
    "dis{}",
    "{0} {0}",
    "{} :)",
    "{}: ?!",
    "{} 👍",
    "✅ {}",
    "I {}",
    "{}\ufffd",
    "{}\x00",
    "\x1b{}",
]

VERBS = {
    word: verdict
    for verdict, languages in WORDS.items()
    for words in languages.values()
    for word in words
}


@pytest.mark.parametrize("shape", ALONE)
def test_a_verb_alone_decides(shape: str) -> None:
    for word, verdict in VERBS.items():
        for written in (word, word.upper(), word.title()):
            assert answer_in(shape.format(written)) == (verdict, "")


@pytest.mark.parametrize("shape", COMMENTED)
def test_a_verb_with_a_comment_decides(shape: str) -> None:
    for word, verdict in VERBS.items():
        assert answer_in(shape.format(word)) == (verdict, "reason")


@pytest.mark.parametrize("shape", NO_ANSWERS)
def test_anything_else_around_a_verb_decides_nothing(shape: str) -> None:
    for word in VERBS:
        assert answer_in(shape.format(word)) is None


@pytest.mark.parametrize(
    "word",
    [
        *("yes", "yep", "y", "n", "k", "o.k.", "okay", "nope", "nay", "approval", "approves"),
        *("rejected", "approuvé", "approuve", "refusé", "rejeté", "d'accord", "genehmigt"),
        *("freigegeben", "abgelehnt", "jawohl", "stop", "cancel", "0k", "οκ", "ко", "なし"),
    ],
)
def test_other_words_are_no_verbs(word: str) -> None:
    assert answer_in(word) is None


@pytest.mark.parametrize("line", ["ÓK", "nón", "NEÏN", "ja\u0301", "r\u0065\u0301jeter", "Òui"])
def test_accents_are_no_matter(line: str) -> None:
    assert answer_in(line)


def test_there_is_no_word_of_both_kinds() -> None:
    approving, rejecting = (
        {word for words in languages.values() for word in words} for languages in WORDS.values()
    )

    assert not approving & rejecting


@pytest.mark.parametrize(
    "line",
    [
        *("no", "No.", "*no*", "no, wait", "no!", "No: sorry", "no - really", "No – wait", "non ?"),
        *("no wait", "no don't", "no don’t", "no do not", "no not yet", "no stop", "No STOP it"),
        *("nein, doch nicht", "nein halt", "nein, warte", "non pas encore", "Non, attendez"),
        *("reject", "Reject!", "Refuser :", "„Nein“"),
    ],
)
def test_a_line_below_takes_the_answer_back(line: str) -> None:
    assert takes_back(line, Verdict.APPROVED)
    assert reply_in(f"ok\n{line}").verdict is None


@pytest.mark.parametrize(
    "line",
    [
        *("No problem.", "no-one minds", "Non-members may read it", "nobody", "No1", "ok", "ok!"),
        *("Nothing to add", "I said no", "notes follow", "Noël", "", "...", "approve"),
        *("no objections, wait for Linus", "No need to stop"),
    ],
)
def test_a_line_below_may_be_a_comment(line: str) -> None:
    assert not takes_back(line, Verdict.APPROVED)
    assert reply_in(f"ok\n{line}") == Reply(Verdict.APPROVED, line)


@pytest.mark.parametrize("line", ["ok", "Ok, then", "oui !", "Ja.", "approve: now", "ok wait"])
def test_a_rejection_is_taken_back_alike(line: str) -> None:
    assert reply_in(f"nein\n\n{line}").verdict is None


def test_a_comment_keeps_its_paragraphs() -> None:
    assert reply_in("No: one\n\n  two\t three \n\n\n").comment == "one\n\ntwo  three"


def test_a_comment_has_a_limit() -> None:
    assert reply_in("no\n" + "x" * 2 * COMMENT_LIMIT).comment == "x" * COMMENT_LIMIT
    assert as_comment("x " * COMMENT_LIMIT)[-1] == "x"


def test_a_comment_holds_nothing_that_a_database_refuses() -> None:
    assert as_comment("a\0b\x1bc\x85d\ud800e\u200f") == "abcde\u200f"
