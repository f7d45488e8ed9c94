"""A text is counted as the carrier counts it, and replaced by a readable GSM-7 text."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from notifications.sms.gsm7 import BASIC, EXTENSION, is_gsm7, plain, segments, septets, shortened

GSM7 = st.text(st.sampled_from(sorted(BASIC | EXTENSION)))
ANY = st.text(st.characters())
LETTERS = st.text(st.characters(max_codepoint=0x24F, categories=("Lu", "Ll", "Nd", "Zs")))


def test_the_alphabet_has_one_place_for_each_of_128_septets_but_the_escape() -> None:
    assert len(BASIC) == 127
    assert len(EXTENSION) == 10  # with the form feed
    assert BASIC.isdisjoint(EXTENSION)


def test_these_letters_are_gsm7() -> None:
    for letter in "éèùìòàäöñüÄÖÑÜÉÅåÆæØøßÇ£¥§¿¡":
        assert is_gsm7(letter)


def test_these_characters_are_not_gsm7() -> None:
    for letter in "çêâîôûëïœáíóú`’–…":  # noqa: RUF001 (which look like others)
        assert not is_gsm7(letter)


def test_segments_are_counted_as_a_carrier_does() -> None:
    for text, expected in [
        ("", 0),
        ("a", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 80 + "a", 2),
        ("€" * 152, 2),  # an escape is not torn from its character: 76 in each
        ("€" * 153, 3),
        ("ç" + "a" * 69, 1),
        ("ç" + "a" * 70, 2),
        ("ç" + "a" * 133, 2),
        ("ç" + "a" * 134, 3),
        ("ç" + "€" * 69, 1),  # in UCS-2 the extension costs no more than the rest
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("😀" * 66, 2),  # 67 units, and a pair is not torn: 33 in each
        ("😀" * 67, 3),
    ]:
        assert segments(text) == expected


def test_other_characters_are_replaced() -> None:
    for text, expected in [
        ("“L’été”, c’est ça – enfin…", "\"L'été\", c'est ca - enfin..."),  # noqa: RUF001
        ("« Bonjour\u202f! »", '" Bonjour ! "'),
        ("Œuvre, cœur, Ça, ça, fête, naïve, Noël", "OEuvre, coeur, Ça, ca, fete, naive, Noel"),
        ("„Grüße“, Straße, STRAẞE", '"Grüße", Straße, STRAßE'),
        ("Łódź Þór Đorđe Čapek ǆ", "Lodz Thor Dorde Capek dz"),
        ("e\u0301te\u0301 a\u0302ge", "été age"),  # what a Macintosh calls é
        ("ﬁn ½ № ™ 20 °C ×3 →", "fin 1/2 No TM 20 oC x3 ->"),  # noqa: RUF001
        ("a\u00a0b\u2009c\td\u200be", "a b c d e"),
        ("soft\u00adhyphen, \u202eturned", "softhyphen, turned"),
        ("Party 🎉👩🏽‍🔬❤️ 5️⃣ 🇫🇷!", "Party  5 !"),
        ("≠ is not =", "<> is not ="),
        ("Привет 你", "?????? ?"),
        ("lone \ud83d surrogate", "lone  surrogate"),
        ("{[~]} \\ ^ | €", "{[~]} \\ ^ | €"),
    ]:
        assert plain(text) == expected


@given(ANY)
def test_every_text_becomes_gsm7(text: str) -> None:
    assert is_gsm7(plain(text))


@given(GSM7)
def test_a_gsm7_text_stays_as_it_is(text: str) -> None:
    assert plain(text) == text


@given(LETTERS)
def test_no_latin_letter_is_lost(text: str) -> None:
    letters = [each for each in unicodedata.normalize("NFC", text) if each.isalpha()]

    assert len(plain(text)) >= len(letters)


@given(st.text(st.sampled_from("ab€"), min_size=161, max_size=700))
def test_a_segment_of_a_long_text_leaves_at_most_one_septet_empty(text: str) -> None:
    assert -(-septets(text) // 153) <= segments(text) <= -(-septets(text) // 152)


@given(st.one_of(GSM7, ANY), st.integers(min_value=-1, max_value=200))
def test_a_shortened_text_fits(text: str, limit: int) -> None:
    short = shortened(text, limit)

    assert septets(short) <= max(0, limit)


@given(st.one_of(GSM7, ANY), st.integers(min_value=3, max_value=200))
def test_a_shortened_text_is_the_beginning_and_says_that_it_is(text: str, limit: int) -> None:
    short = shortened(text, limit)

    assert short == text or text.startswith(short.removesuffix("..."))
    assert (short == text) == (septets(text) <= limit)


@given(ANY, st.integers(min_value=0, max_value=20))
def test_no_character_is_cut_in_two(text: str, limit: int) -> None:
    whole = "".join(each for each in text if not "\ud800" <= each <= "\udfff")

    shortened(whole, limit).encode()


def test_a_text_is_shortened_in_septets_not_in_characters() -> None:
    assert shortened("€€€€€", 9) == "€€€..."
    assert shortened("€€€€€", 10) == "€€€€€"
    assert shortened("a lot of words", 8) == "a lot..."
    assert shortened("abcdef", 2) == ".."
    assert shortened("abcdef", -1) == shortened("", -1) == ""


def test_a_letter_in_three_languages_fits_one_segment_once_it_is_plain() -> None:
    letter = (
        "Une lettre de René Descartes à « annonces » attend : l’ordre du jour. Répondez OK 482193"  # noqa: RUF001
    )

    assert (segments(letter), segments(plain(letter))) == (2, 1)
