"""For any text: only an answer decides, and nothing crashes."""
# ruff: noqa: RUF001 (dashes that look like others, and digits that are not ASCII)

import re
import sys
import unicodedata
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Verdict
from notifications.automatic.bounces import read_bounce
from notifications.automatic.detect import is_automatic
from notifications.replies.html import text_of_html
from notifications.replies.parse import READ_LIMIT, Reading, read_reply, reply_in
from notifications.replies.sms import read_sms
from notifications.replies.vocabulary import HESITATIONS, phrases
from tests.notifications.replies.reply_tables import FOLDER, said

APPROVING = [
    "ok",
    "OK.",
    "Approve",
    "approved!",
    "*oui*",
    "ja: gern",
    "Genehmigen - danke",
    "ok:",
    "yes",
    "okay",
    "ok thanks",
]
REJECTING = [
    "no",
    "Reject.",
    "NON",
    "rejeter : trop tard",
    "nein – zu lang",
    '"Ablehnen"',
    "no, don't approve",
]
GREETING = "Hello,"
OTHERS = [
    "disallow",
    "not approved",
    "I cannot approve this yet",
    "ok, later",
    "ok?",
    "no-one",
    GREETING,
    "Ja- und Nein",
    "To approve: ok",
    "o k",
    "ok no",
    "Best regards,",
    "Grace",
    "On Monday",
    "1",
    "- ok",
    "ok/no",
    "-----",
]
QUOTES = [
    "> ok",
    ">no",
    "| ok",
    "> > ok",
    ">",
    "> To reject, answer with the word that follows: no",
]
ATTRIBUTIONS = [
    "On 12 Mar 2024, at 10:15, ok wrote:",
    "Le 12/03/2024, Listgate a écrit :",
    "Am 12.03.2024 um 10:15 schrieb nein:",
    "Linus wrote:",
]
ORIGINALS = ["-----Original Message-----", "From: ok\nTo: no"]
SIGNATURES = ["-- ", "Sent from my iPhone", "_" * 32]
ENDS = [*ORIGINALS, *SIGNATURES]
SIGNED = ["Grace Hopper", "Head of Communications", "T +44 20 7946 0018", "12 Wharf Road, London"]
BLANKS = ["", " ", "\u00a0", "\u200b\ufeff", "\t"]
EVERYTHING = [*APPROVING, *REJECTING, *OTHERS, *QUOTES, *ATTRIBUTIONS, *ENDS, *BLANKS]

BELOW = st.lists(st.sampled_from([*QUOTES, *OTHERS, *APPROVING, *REJECTING, *BLANKS])).map(
    "\n".join
)

SOURCES = sorted(FOLDER.rglob("*.eml"))


def what_may_decide(lines: list[str]) -> Verdict | None:
    """The simplest reading: the first line that is neither blank, quoted nor about a quote.

    One greeting may stand above it.
    """
    own = [line for line in lines if line not in [*BLANKS, *QUOTES, *ATTRIBUTIONS]]
    first = own[1:2] if own[:1] == [GREETING] else own[:1]
    kinds = {Verdict.APPROVED: APPROVING, Verdict.REJECTED: REJECTING}
    return next((verdict for verdict, known in kinds.items() if set(first) & set(known)), None)


@given(st.lists(st.sampled_from(EVERYTHING), max_size=12))
def test_only_the_first_line_that_is_not_quoted_decides(lines: list[str]) -> None:
    assert reply_in("\n".join(lines)).verdict in {None, what_may_decide(lines)}


@given(st.text())
def test_no_text_decides_that_does_not_begin_with_a_verb(text: str) -> None:
    verdict = reply_in(text).verdict

    if verdict:
        assert any(begins_with_verb(line, verdict) for line in text.splitlines())


def begins_with_verb(line: str, verdict: Verdict) -> bool:
    """Whether the first letters of the line, without accents, are a verb."""
    approving = phrases("approve", "approve_by_mail")
    rejecting = phrases("reject", "reject_by_mail")
    known = approving if verdict is Verdict.APPROVED else rejecting
    return any(letters_of(line).startswith(letters_of(phrase)) for phrase in known)


def letters_of(text: str) -> str:
    return "".join(re.findall("[a-z👍✅👎❌]", unicodedata.normalize("NFKD", text.casefold())))


ANSWERS = st.sampled_from([*APPROVING, *REJECTING, *OTHERS])
COMMENTS = st.sampled_from(["", "Thank you.\nGrace", "the other list is better"])


@given(
    ANSWERS,
    COMMENTS,
    st.sampled_from([*ORIGINALS, *(f"{one}\n> Hello" for one in ATTRIBUTIONS)]),
    BELOW,
)
def test_a_quote_or_original_below_changes_nothing(
    line: str, comment: str, end: str, below: str
) -> None:
    above = f"{line}\n{comment}"

    assert reply_in(f"{above}\n\n{end}\n{quoted_by(end, below)}") == reply_in(above)


@given(ANSWERS, COMMENTS, st.sampled_from(SIGNATURES), BELOW)
def test_text_below_a_signature_can_only_prevent_an_approval(
    line: str, comment: str, end: str, below: str
) -> None:
    without, signed = (
        said(reply_in(text))
        for text in (f"{line}\n{comment}", f"{line}\n{comment}\n\n{end}\n{below}")
    )

    assert signed == without or (signed.verdict, without.verdict) == (None, Verdict.APPROVED)


@given(
    ANSWERS,
    COMMENTS,
    st.sampled_from(SIGNATURES),
    st.lists(st.sampled_from([*SIGNED, *QUOTES, *BLANKS])),
)
def test_a_signature_below_changes_nothing(
    line: str, comment: str, end: str, below: list[str]
) -> None:
    above = f"{line}\n{comment}"

    assert reply_in("\n".join([above, "", end, *below])) == reply_in(above)


PIECES = st.sampled_from(
    [*APPROVING, GREETING, "Thanks!", "Best regards,", "Grace", *BLANKS, *ENDS[2:]]
)
AROUND = st.sampled_from(["", "ok", "Ada", "please", "Nice text", "thanks"])


@given(
    st.lists(PIECES, max_size=5),
    AROUND,
    st.sampled_from(phrases(*HESITATIONS)),
    AROUND,
    st.lists(PIECES, max_size=5),
)
def test_no_own_line_with_a_word_of_hesitation_leads_to_an_approval(
    above: list[str], before: str, phrase: str, after: str, below: list[str]
) -> None:
    line = f"{before} {phrase.removesuffix('-')} {after}"

    assert reply_in("\n".join([*above, line, *below])).verdict is not Verdict.APPROVED
    assert reply_in("\n".join(["ok", "", line, *below])).verdict is not Verdict.APPROVED


def test_every_word_of_hesitation_counts_at_any_place() -> None:
    below_a_signature = (f"ok\n\n{end}\n{{}}" for end in SIGNATURES)
    texts = ["ok {}", "ok\n{}", "ok\n\n{}", "ok\n\n> Hi\n\n{}", *below_a_signature]
    for phrase, text in product(phrases(*HESITATIONS), texts):
        reply = text.format(phrase.removesuffix("-"))
        assert reply_in(reply).verdict is not Verdict.APPROVED


def quoted_by(end: str, below: str) -> str:
    """Return the quote: marked below an attribution, unmarked below a signature or a heading."""
    return re.sub("^", "> ", below, flags=re.MULTILINE) if end.endswith("> Hello") else below


@given(st.sampled_from(EVERYTHING), st.lists(st.sampled_from(EVERYTHING), max_size=4))
def test_html_is_read_like_its_text(first: str, rest: list[str]) -> None:
    lines = [line for line in [first, *rest] if line in {*APPROVING, *REJECTING, *OTHERS}]
    html = "".join(f"<p>{line}</p>" for line in lines)

    assert reply_in(text_of_html(html)) == reply_in("\n".join(lines))


@given(st.sampled_from([*APPROVING, *REJECTING]), st.sampled_from(["div", "p", "li", "b", "pre"]))
def test_quoted_or_hidden_html_decides_nothing(line: str, tag: str) -> None:
    for box in ("<blockquote>{}</blockquote>", '<div style="display:none">{}</div>'):
        assert reply_in(text_of_html(box.format(f"<{tag}>{line}</{tag}>"))).verdict is None


TAGS = ["<b>", "</b>", "<p>", "</p>", "<div>", "</div>", "<br>", "<td>", "</table>", "<!--x-->"]


@given(st.lists(st.sampled_from(TAGS)), st.lists(st.sampled_from(TAGS)))
def test_only_its_own_end_tag_ends_a_quote(before: list[str], inside: list[str]) -> None:
    html = f"{''.join(before)}<blockquote>{''.join(inside)}<p>ok</p></blockquote>"

    assert reply_in(text_of_html(html)).verdict is None
    assert reply_in(text_of_html(f"{html}<p>ok</p>")).verdict is Verdict.APPROVED


@given(st.binary())
def test_no_bytes_crash(raw: bytes) -> None:
    crash_nothing(raw)


@given(st.text(max_size=2_000))
def test_no_html_crashes(source: str) -> None:
    assert isinstance(text_of_html(source), str)


@given(st.sampled_from(SOURCES), st.data())
def test_no_broken_mail_crashes(path: Path, data: st.DataObject) -> None:
    raw = path.read_bytes()
    start, end = (data.draw(st.integers(0, len(raw))) for _ in range(2))

    crash_nothing(raw[:start] + data.draw(st.binary(max_size=20)) + raw[end:])


def crash_nothing(raw: bytes) -> None:
    assert isinstance(read_reply(raw), Reading)
    is_automatic(raw, "grace@example.org", own_addresses=["listgate@lists.example.org"])
    read_bounce(raw)


@pytest.mark.parametrize("size", [0, READ_LIMIT + 10_000])
def test_no_size_crashes(size: int) -> None:
    crash_nothing(b"x" * size)
    line = b"x" * 76 + b"\n"
    crash_nothing(b"Subject: Re: x\n\nok\n" + line * (size // len(line)))


def test_hostile_html_takes_a_time_that_grows_with_its_length_only() -> None:
    for pattern in ["<", "<!--", "<a ", "<a '", "<x>", "</a", "&", "<script>"]:
        # Python's own parser needs hours for some of them; a test that hangs is a test that fails.
        assert text_of_html(pattern * (60_000 // len(pattern))) is not None


def calls_for(text: str) -> int:
    """Count the function calls that reading the text takes."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        reply_in(text)
    finally:
        sys.setprofile(None)
    return calls


def test_the_work_grows_with_the_length_only() -> None:
    for line in [
        "ok",
        "no",
        "x",
        "",
        "> ok",
        "| ok",
        "On 1 May Grace wrote:",
        "Grace wrote:",
        "From: x",
        "Sent from if",
        "--- if ---",
        "if",
        "Best regards",
        "not the intended recipient",
        "thanks",
    ]:
        small, large = (calls_for("ok\n\n" + f"{line}\n" * size) for size in (50, 200))

        assert large < 5 * small


def test_hostile_text_takes_a_time_that_grows_with_its_length_only() -> None:
    for line in ["-" * 900, "<a@" * 300 + ":", "On 1 " + "wrote " * 150, "a:", "*"]:
        assert reply_in("\n".join([line] * (30_000 // len(line)))).verdict is None
        assert reply_in(line * (30_000 // len(line))).verdict is None


@given(st.text(alphabet="okn 0123456789-:.\n?é٣４"))
def test_no_sms_decides_without_a_verb_and_then_a_code(text: str) -> None:
    reply = read_sms(text)

    assert (reply.verdict is None) == (reply.code is None)
    if reply.code:
        before, _, after = text.partition(reply.code[0])
        assert begins_with_verb(before, reply.verdict or Verdict.APPROVED)
        assert re.sub("[^0-9]", "", (reply.code[0] + after))[:6] == reply.code


def test_all_combinations_of_a_verb_and_a_code_decide_once() -> None:
    codes = ["482193", "482 193", "482-193", "48 21 93", "48-21-93"]
    for word, gap, code in product(["ok", "NEIN", "Refuser"], ["", " ", ": ", " - "], codes):
        assert read_sms(f"{word}{gap}{code}").code == "482193"
