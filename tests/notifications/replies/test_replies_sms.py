"""An SMS decides by a verb and a code, in this order; the carriers' words are never ours."""
# ruff: noqa: RUF001 (dashes that look like others, and digits that are not ASCII)

from models import Verdict
from notifications.replies.sms import (
    HELP,
    NOT_UNDERSTOOD,
    OPT_IN,
    OPT_OUT,
    Keyword,
    SmsReply,
    keyword,
    read_sms,
)
from notifications.replies.vocabulary import COMMENT_LIMIT, phrases

APPROVED, REJECTED = Verdict.APPROVED, Verdict.REJECTED

# What Twilio acts on by default: its tutorial of Advanced Opt-Out, its FAQ on keywords.
TWILIO_STOPS = {"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"}
TWILIO_STARTS = {"START", "YES", "UNSTOP"}
TWILIO_HELPS = {"HELP", "INFO"}


def test_a_verb_and_a_code_decide() -> None:
    for text, verdict, comment in [
        ("OK 482193", APPROVED, ""),
        ("ok 482193", APPROVED, ""),
        ("Ok482193", APPROVED, ""),
        ("OK: 482193", APPROVED, ""),
        ("OK, 482193.", APPROVED, ""),
        ("OK - 482193!", APPROVED, ""),
        ("OK #482193", APPROVED, ""),
        ("OK (482193)", APPROVED, ""),
        ("  OK\n482193\n", APPROVED, ""),
        ("“OK 482193”", APPROVED, ""),
        ("« OK 482193 »", APPROVED, ""),
        ("OK\u00a0482\u202f193", APPROVED, ""),
        ("O\u200bK 482193", APPROVED, ""),
        ("Ok 482-193", APPROVED, ""),
        ("OK 48 21 93", APPROVED, ""),
        ("OK 482193 thank you", APPROVED, "thank you"),
        ("OK 482193 no problem", APPROVED, "no problem"),
        ("approve 482193", APPROVED, ""),
        ("Approved 482193", APPROVED, ""),
        ("Oui 482193", APPROVED, ""),
        ("approuver 482193", APPROVED, ""),
        ("JA 482193", APPROVED, ""),
        ("Freigeben: 482193", APPROVED, ""),
        ("genehmigen 482193", APPROVED, ""),
        ("NO 482193 the date is wrong", REJECTED, "the date is wrong"),
        ("No 482193: the date is wrong", REJECTED, "the date is wrong"),
        ("no 482193, too late", REJECTED, "too late"),
        ("No 482193 - too late", REJECTED, "too late"),
        ("No 482193\nToo late\n\nGrace", REJECTED, "Too late\n\nGrace"),
        ("no 482 193 2 days too early", REJECTED, "2 days too early"),
        ("no 482193 12-05-24 is a Sunday", REJECTED, "12-05-24 is a Sunday"),
        ("NON 482193 déjà envoyé", REJECTED, "déjà envoyé"),
        ("refuser 482193", REJECTED, ""),
        ("rejeter 482193", REJECTED, ""),
        ("Nein 482193 das geht ja nicht", REJECTED, "das geht ja nicht"),
        ("ablehnen 482193", REJECTED, ""),
        ("reject 482193", REJECTED, ""),
    ]:
        assert read_sms(text) == SmsReply(verdict, "482193", comment)


NO_ANSWERS = """\
OK
482193
482193 OK
OK 48219
OK 4821934
OK 482193a
OKAY 482193
OK 482193?
OK 482193 ?
OK? 482193
ok ok 482193
OK NO 482193
not ok 482193
yes 482193
STOP 482193
please OK 482193
OK code 482193
OK٤٨٢١٩٣
OK ４８２１９３
OK 482193 551234
OK 482193 or 551234
OK 482 193 551
OK 48 21 93 55
OK 482 19 3
OK 482.193
OK 4 8 2 1 9 3
OK 4821 93
OK -482193-5
OK 482193 no
OK 482193: NO!
OK 482193 no wait
NO 482193 ok
Nein 482193, ja
no, don't approve 482193
k 482193
Liked “Listgate: answer OK 482193”
Reacted 👍 to “OK 482193”
OK_482193
OK 482193_
O K 482193
no-one 482193
OK reason 482193
👍 482193
OK ❌ 482193
okay 482193
genehmigt 482193
d'accord 482193
OK 482193 but only tomorrow
Oui 482193 mais demain
Ja 482193 wenn Konrad einverstanden ist
ok 482193 who is Ada?
🚫 OK 482193
"""


def test_anything_else_decides_nothing() -> None:
    for text in ["", " ", *NO_ANSWERS.splitlines()]:
        assert read_sms(text) == NOT_UNDERSTOOD


def test_a_carriers_word_opts_out() -> None:
    for word in ["Stop", " STOP. ", "stop all", "ARRÊT", "opt-out", "Quit!", "End\n"]:
        assert keyword(word) is Keyword.STOP
        assert read_sms(word) == NOT_UNDERSTOOD


def test_a_carriers_word_opts_in() -> None:
    for word in ["START", "yes", "Yes!", "unstop"]:
        assert keyword(word) is Keyword.START


def test_a_word_for_help_is_known() -> None:
    assert keyword("Help?") is Keyword.HELP
    assert keyword("AIDE") is Keyword.HOW
    assert keyword("help me with this") is None


def test_twilios_reading_of_a_word_takes_precedence() -> None:
    assert keyword("basta", "STOP") is Keyword.STOP
    assert keyword("stop", "HELP") is Keyword.HELP
    assert keyword("stop", "a new word") is Keyword.STOP


def test_a_sentence_is_no_carriers_word() -> None:
    for text in ["stop please", "don't stop", "ok", "", "stop" + " " * 40 + "it", "!"]:
        assert keyword(text) is None


def test_no_word_of_the_carriers_is_ours() -> None:
    ours = set(phrases("approve", "reject"))

    assert not ours & {word for each in Keyword for word in each.value}


def test_twilios_own_words_come_first_as_the_page_says() -> None:
    assert {word.upper() for word in OPT_OUT[:8]} == TWILIO_STOPS
    assert {word.upper() for word in OPT_IN} == TWILIO_STARTS
    assert {word.upper() for word in HELP} == TWILIO_HELPS


def test_a_comment_has_a_limit() -> None:
    assert read_sms("NO 482193 " + "x" * 2 * COMMENT_LIMIT).comment == "x" * COMMENT_LIMIT
