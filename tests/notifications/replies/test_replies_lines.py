"""One line is an answer if it is a verb, or a verb and a comment, and nothing else."""
# ruff: noqa: RUF001 (letters and dashes that look like others are what is tested here)

from models import Verdict
from notifications.replies.answer import answer_in, takes_back
from notifications.replies.parse import reply_in
from notifications.replies.vocabulary import (
    COMMENT_LIMIT,
    HESITATIONS,
    VOCABULARY,
    as_comment,
    hesitation,
    phrases,
)
from tests.notifications.replies.reply_tables import Said, said

ALONE = [
    "{}",
    "{}.",
    "{}!",
    "{} !",
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

REASONED = [
    "{}, reason",
    "{}. reason",
    "{}... reason",
    "{},\nreason",
    "{}\nreason",
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
    "{} 🙂",
    "😀 {}",
    "Ada {}",
    "kindly {}",
    "{}\ufffd",
    "{}\x00",
    "\x1b{}",
]

APPROVING = phrases("approve", "approve_by_mail")
REJECTING = phrases("reject", "reject_by_mail")
VERBS = {
    **dict.fromkeys(APPROVING, Verdict.APPROVED),
    **dict.fromkeys(REJECTING, Verdict.REJECTED),
}
COURTESIES = phrases("courtesies")


def test_a_verb_alone_decides() -> None:
    for shape in ALONE:
        for word, verdict in VERBS.items():
            for written in (word, word.upper(), word.title()):
                assert answer_in(shape.format(written)) == (verdict, "")


def test_a_rejection_may_have_a_reason() -> None:
    for shape in REASONED:
        for word in REJECTING:
            assert answer_in(shape.format(word)) == (Verdict.REJECTED, "reason")


def test_an_approval_has_no_reason() -> None:
    for shape in REASONED:
        for word in APPROVING:
            assert answer_in(shape.format(word)) is None
            assert reply_in(shape.format(word)).verdict is None


def test_a_courtesy_behind_a_verb_changes_nothing() -> None:
    for shape in [
        "{} {}",
        "{}, {}!",
        "{}. {}.",
        "{}: {}",
        "{} - {}",
        "{}\n{}",
        "*{}* {}",
        '"{}, {}"',
        "{}! {}",
    ]:
        for courtesy in COURTESIES:
            for word in ("ok", "o.k.", "freigegeben", "👍", "je valide"):
                assert answer_in(shape.format(word, courtesy)) == (Verdict.APPROVED, "")


def test_one_word_that_is_no_courtesy_decides_nothing() -> None:
    for shape in ["{} {} {}", "{}, {} {}.", "{}. {} - {}", "{}\n{}\n{}"]:
        for courtesy in COURTESIES:
            for order in (("ok", courtesy, "Linus"), ("ok", "Linus", courtesy)):
                assert answer_in(shape.format(*order)) is None


def test_several_words_decide_if_they_say_the_same() -> None:
    for text, decides in [
        ("Thanks, approved", True),
        ("Merci ! Je valide.", True),
        ("Yes, approved", True),
        ("ok 👍", True),
        ("ok👍", True),
        ("ja ja", False),
        ("Thanks approved", False),
        ("Bitte, nein", False),
        ("ok no", False),
        ("ok 👎", False),
        ("yes, rejected", False),
    ]:
        assert (answer_in(text) is not None) is decides


def test_anything_else_around_a_verb_decides_nothing() -> None:
    for shape in NO_ANSWERS:
        for word in VERBS:
            if word.isalpha():
                assert answer_in(shape.format(word)) is None


def test_other_words_are_no_verbs() -> None:
    for word in [
        "yep",
        "y",
        "n",
        "k",
        "nope",
        "nay",
        "approval",
        "approves",
        "thanks",
        "please",
        "jawohl",
        "stop",
        "cancel",
        "0k",
        "οκ",
        "ко",
        "なし",
        "okayyy",
        "approuvé(e)",
        "jein",
    ]:
        assert answer_in(word) is None


def test_accents_are_no_matter() -> None:
    for line in ["ÓK", "nón", "NEÏN", "ja\u0301", "r\u0065\u0301jeter", "Òui"]:
        assert answer_in(line)


def test_there_is_no_word_of_both_kinds() -> None:
    assert not set(APPROVING) & set(REJECTING)
    assert not set(VERBS) & set(phrases("greetings", "conditions"))


def test_every_language_has_words_of_every_kind() -> None:
    *kinds, of_others = (set(language) for language in VOCABULARY.values())

    assert [*VOCABULARY] == ["English", "French", "German", "Others"]
    assert all(kind == kinds[0] for kind in kinds)
    assert of_others < kinds[0]


def test_no_verdict_is_in_a_language_that_the_letters_do_not_have() -> None:
    assert (
        VOCABULARY["Others"]
        .keys()
        .isdisjoint({"approve", "reject", "approve_by_mail", "reject_by_mail", "courtesies"})
    )


def test_no_word_that_an_approval_may_have_also_prevents_it() -> None:
    harmless = phrases("approve", "approve_by_mail", "courtesies", "praise", "closings")

    assert [phrase for phrase in harmless if hesitation(phrase.removesuffix(" ..."))] == []


def test_an_approval_with_hesitation_below_does_not_count() -> None:
    for kind in [*HESITATIONS, "wishes"]:
        for phrase in phrases(kind):
            word = phrase.removesuffix("-")
            remark = f"Lovely Text {word} Ada"
            assert reply_in(f"ok\n\nBest regards\nGrace\n\n{remark}").verdict is None
            assert reply_in(f"ok\n\n-- \nGrace\n{remark}").verdict is None


def test_a_line_below_takes_the_answer_back() -> None:
    for line in [
        "no",
        "No.",
        "*no*",
        "no, wait",
        "no!",
        "No: sorry",
        "no - really",
        "No – wait",
        "non ?",
        "no wait",
        "no don't",
        "no don’t",
        "no do not",
        "no not yet",
        "no stop",
        "No STOP it",
        "nein, doch nicht",
        "nein halt",
        "nein, warte",
        "non pas encore",
        "Non, attendez",
        "reject",
        "Reject!",
        "Refuser :",
        "„Nein“",
    ]:
        assert takes_back(line, Verdict.APPROVED)
        assert reply_in(f"ok\n{line}").verdict is None


def test_a_line_that_only_looks_like_the_other_answer_takes_nothing_back() -> None:
    for line in [
        "No problem.",
        "no-one minds",
        "Non-members may read it",
        "nobody",
        "No1",
        "ok",
        "ok!",
        "Nothing to add",
        "I said no",
        "notes follow",
        "Noël",
        "",
        "...",
        "approve",
        "No. 7",
        "no objections, wait for Linus",
        "No need to stop",
    ]:
        assert not takes_back(line, Verdict.APPROVED)


def test_a_line_below_a_rejection_may_be_a_comment() -> None:
    for line in [
        "Ok for next week",
        "The rest is ok.",
        "Okay-Taste",
        "yesterday",
        "Ja-Stimmen",
        "no",
    ]:
        assert said(reply_in(f"no\n\n{line}")) == Said(Verdict.REJECTED, line)


def test_praise_and_a_name_below_an_approval_are_a_comment() -> None:
    for line in [
        "Nice text, Ada.",
        "Schöner Text!",
        "Bravo Ada, belle affiche.",
        "Well done",
        "Grace",
    ]:
        assert said(reply_in(f"ok\n\n{line}")) == Said(Verdict.APPROVED, line)


def test_anything_else_below_an_approval_decides_nothing() -> None:
    for line in ["Nice text for staff", "Text B12", "Datum!", "Staff list", "👎", "😡", "Well..."]:
        assert reply_in(f"ok\n\n{line}").verdict is None


def test_a_rejection_is_taken_back_alike() -> None:
    for line in ["ok", "Ok, then", "oui !", "Ja.", "approve: now", "ok wait"]:
        assert reply_in(f"nein\n\n{line}").verdict is None


def test_a_comment_keeps_its_paragraphs() -> None:
    assert reply_in("No: one\n\n  two\t three \n\n\n").comment == "one\n\ntwo  three"


def test_a_comment_has_a_limit() -> None:
    assert reply_in("no\n" + "x" * 2 * COMMENT_LIMIT).comment == "x" * COMMENT_LIMIT
    assert as_comment("x " * COMMENT_LIMIT)[-1] == "x"


def test_a_comment_holds_nothing_that_a_database_refuses() -> None:
    assert as_comment("a\0b\x1bc\x85d\ud800e\u200f") == "abcde\u200f"
