"""Whatever is written or sent: only an answer decides, and nothing crashes."""
# ruff: noqa: RUF001 (dashes that look like others, and digits that are not ASCII)

import re
import unicodedata
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import Verdict
from notifications.automatic.bounces import failed_recipient
from notifications.automatic.detect import is_automatic
from notifications.replies.html import text_of_html
from notifications.replies.parse import Reply, read_reply, reply_in
from notifications.replies.sms import read_sms
from tests.notifications.replies.reply_tables import FOLDER

APPROVING = ["ok", "OK.", "Approve", "approved!", "*oui*", "ja: gern", "Genehmigen - danke", "ok:"]
REJECTING = ["no", "Reject.", "NON", "rejeter : trop tard", "nein – zu lang", '"Ablehnen"']
OTHERS = [
    *("disallow", "not approved", "no, don't approve", "I cannot approve this yet", "ok thanks"),
    *("Hello,", "ok?", "no-one", "Ja- und Nein", "To approve: ok", "yes", "okay", "o k", "ok no"),
    *("Best regards,", "Grace", "On Monday", "1", "- ok", "ok/no", "-----"),
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
    *("On 12 Mar 2024, at 10:15, ok wrote:", "Le 12/03/2024, Listgate a écrit :"),
    *("Am 12.03.2024 um 10:15 schrieb nein:", "Linus wrote:"),
]
ENDS = ["-- ", "-----Original Message-----", "Sent from my iPhone", "From: ok\nTo: no", "_" * 32]
BLANKS = ["", " ", "\u00a0", "\u200b\ufeff", "\t"]
EVERYTHING = [*APPROVING, *REJECTING, *OTHERS, *QUOTES, *ATTRIBUTIONS, *ENDS, *BLANKS]

BELOW = st.lists(st.sampled_from([*QUOTES, *OTHERS, *APPROVING, *REJECTING, *BLANKS])).map(
    "\n".join
)

SOURCES = sorted(FOLDER.rglob("*.eml"))


def what_may_decide(lines: list[str]) -> Verdict | None:
    """The simplest reading: the first line that is neither blank, quoted nor about a quote."""
    for line in lines:
        if line in [*BLANKS, *QUOTES, *ATTRIBUTIONS]:
            continue
        kinds = {Verdict.APPROVED: APPROVING, Verdict.REJECTED: REJECTING}
        return next((verdict for verdict, known in kinds.items() if line in known), None)
    return None


@settings(max_examples=400)
@given(st.lists(st.sampled_from(EVERYTHING), max_size=12))
def test_only_the_first_line_that_is_not_quoted_decides(lines: list[str]) -> None:
    assert reply_in("\n".join(lines)).verdict in {None, what_may_decide(lines)}


@settings(max_examples=250)
@given(st.text())
def test_no_text_decides_that_does_not_begin_with_a_verb(text: str) -> None:
    verdict = reply_in(text).verdict

    if verdict:
        assert any(begins_with_verb(line, verdict) for line in text.splitlines())


def begins_with_verb(line: str, verdict: Verdict) -> bool:
    """Whether the first letters of the line, without accents, are a verb."""
    letters = re.findall("[a-z]+", unicodedata.normalize("NFKD", line.casefold()))
    approving = {"approve", "approved", "ok", "approuver", "oui", "freigeben", "genehmigen", "ja"}
    rejecting = {"reject", "no", "rejeter", "refuser", "non", "ablehnen", "nein"}
    known = approving if verdict is Verdict.APPROVED else rejecting
    return any("".join(letters[:size]) in known for size in range(1, len(letters) + 1))


@given(
    st.sampled_from([*APPROVING, *REJECTING, *OTHERS]),
    st.sampled_from(["", "Thank you.\nGrace", "the other list is better"]),
    st.sampled_from([*ENDS, *(f"{one}\n> Hello" for one in ATTRIBUTIONS)]),
    BELOW,
)
def test_a_quote_or_signature_below_changes_nothing(
    line: str, comment: str, end: str, below: str
) -> None:
    above = f"{line}\n{comment}"

    assert reply_in(f"{above}\n\n{end}\n{quoted_by(end, below)}") == reply_in(above)


def quoted_by(end: str, below: str) -> str:
    """What follows an attribution has marks; what follows a signature or a heading has none."""
    return re.sub("^", "> ", below, flags=re.MULTILINE) if end.endswith("> Hello") else below


@given(st.sampled_from(EVERYTHING), st.lists(st.sampled_from(EVERYTHING), max_size=4))
def test_html_is_read_like_its_text(first: str, rest: list[str]) -> None:
    lines = [line for line in [first, *rest] if line in {*APPROVING, *REJECTING, *OTHERS}]
    html = "".join(f"<p>{line}</p>" for line in lines)

    assert reply_in(text_of_html(html)) == reply_in("\n".join(lines))


@given(st.sampled_from([*APPROVING, *REJECTING]), st.sampled_from(["div", "p", "li", "b", "pre"]))
def test_what_html_quotes_or_hides_decides_nothing(line: str, tag: str) -> None:
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


@settings(max_examples=300)
@given(st.sampled_from(SOURCES), st.data())
def test_no_broken_mail_crashes(path: Path, data: st.DataObject) -> None:
    raw = path.read_bytes()
    start, end = (data.draw(st.integers(0, len(raw))) for _ in range(2))

    crash_nothing(raw[:start] + data.draw(st.binary(max_size=20)) + raw[end:])


def crash_nothing(raw: bytes) -> None:
    assert isinstance(read_reply(raw), Reply)
    is_automatic(raw, "grace@example.org", own_addresses=["listgate@lists.example.org"])
    failed_recipient(raw)


@pytest.mark.parametrize("size", [0, 50_000_000])
def test_no_size_crashes(size: int) -> None:
    crash_nothing(b"x" * size)
    crash_nothing(b"Subject: Re: x\n\nok\n" + b"x\n" * (size // 2))


@pytest.mark.parametrize("pattern", ["<", "<!--", "<a ", "<a '", "<x>", "</a", "&", "<script>"])
def test_hostile_html_takes_a_time_that_grows_with_its_length_only(pattern: str) -> None:
    # Python's own parser needs hours for some of them; a test that hangs is a test that fails.
    assert text_of_html(pattern * (200_000 // len(pattern))) is not None


@pytest.mark.parametrize(
    "line", ["-" * 900, "<a@" * 300 + ":", "On 1 " + "wrote " * 150, "a:", "*"]
)
def test_hostile_text_takes_a_time_that_grows_with_its_length_only(line: str) -> None:
    assert reply_in("\n".join([line] * (100_000 // len(line)))).verdict is None
    assert reply_in(line * (100_000 // len(line))).verdict is None


@settings(max_examples=400)
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
