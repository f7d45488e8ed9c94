"""Values that no person types, as the bytes that a browser or a program can send."""

from datetime import date
from random import Random

# If a page shows this tag, it shows HTML that somebody sent.
TAG = b"<listgate-fuzz"

VALUES: tuple[bytes, ...] = (
    b"",
    b" ",
    b"\0",
    b"a\0b",
    b"\xff\xfe",  # no UTF-8
    b"\xc0\xaf",  # an overlong slash
    b"\xed\xa0\x80",  # a lone surrogate
    b"\xf4\x90\x80\x80",  # beyond Unicode
    "\u202eright to left\u202c \u2066isolated".encode(),
    "\ufeff\u200b\u2028\u2029\x85".encode(),
    "e\u0301 ﬁ Ⅷ İ ß \N{KELVIN SIGN}".encode(),
    "\N{FAMILY}\N{ZERO WIDTH JOINER}\N{GIRL}".encode() * 50,
    bytes(range(1, 32)),
    b"x" * 100_000,
    b"x" * 90_000,
    b"<" * 20_000,
    b"\n" * 30_000,
    "\N{GRINNING FACE}".encode() * 4_000,
    b"0",
    b"-1",
    b"-9223372036854775809",
    b"9223372036854775808",
    b"9" * 5_000,
    b"1e400",
    b"nan",
    b"0x10",
    "\N{ARABIC-INDIC DIGIT ONE}\N{SUPERSCRIPT TWO}".encode(),
    b"1_000",
    b"+1",
    b"0000-00-00",
    b"0001-01-01",
    b"0001-01-01T00:00",
    b"9999-12-31T23:59",
    b"10000-01-01T00:00",
    b"99999999-12-31",
    b"2026-02-30T25:61",
    b"2027-03-28T02:30",
    b"2026-11-21T09:00+99:00",
    b"9999-12-31T23:59-12:00",
    b"0001-01-01T00:00+14:00",
    b"24:00",
    b"23:59:60",
    b"x\r\nBcc: victim@example.org\r\n\r\nbody",
    b"x\nSet-Cookie: a=b",
    b"/\r\nSet-Cookie: a=b",
    b"//elsewhere.example/",
    b"/\\elsewhere.example",
    b"https://elsewhere.example/",
    b"javascript:alert(1)",
    b'">' + TAG + b" onload=x><!-- '",
    TAG + b">",
    b"</textarea>" + TAG + b">",
    b"{{ 7 * 7 }} {% x %} %s %(x)s {0} $x",
    b"' or 1=1; -- \\ % _",
    b"../../etc/passwd",
    b"a@b",
    b"#ada@example.org",
    b'"a b"@example.org',
    b"a" * 65 + b"@example.org",
    "ada@exämple.org".encode(),
    "ada@\uff45xample\uff0eorg".encode(),
    b"ada@[127.0.0.1]",
    b"ada@" + b"a." * 200 + b"org",
    b"ada@xn--a.org",
    b"=?utf-8?q?=00=0a?=",
    b"on",
    b"yes",
    b"then",
    b"approved",
    b"[]",
    b"{",
    b"null",
)

# Names of fields: also those that Flask's `url_for` and our routes have as arguments.
NAMES: tuple[bytes, ...] = (
    b"",
    b"\0",
    b"\xff",
    b"x" * 5_000,
    b"a[]",
    b"csrf_token",
    b"form_of",
    b"self",
    b"endpoint",
    b"values",
    b"_external",
    b"_scheme",
    b"_anchor",
    b"_method",
    b"list_id",
    b"user_id",
    b"page",
    b"next",
    b"kept",
)

FILE_NAMES: tuple[bytes, ...] = (
    b"",
    b"x.eml",
    b"../../x",
    b"\xff\0",
    b"n" * 5_000,
    TAG + b">",
    "\u202egpj.exe".encode(),
)

FILES: tuple[bytes, ...] = (
    b"",
    b"\0" * 100,
    b"x" * 150_000,
    b"\xff\xfe\0a",
    b"From: ada@example.org\r\nSubject: =?utf-8?q?=00=0a?=\r\n\r\nx",
    b"From: ada@example.org\nFrom: ada@example.org\nContent-Type: multipart/mixed\n\n",
    b"Content-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\n" * 2_000,
    b"From: ada@example.org\nSubject: " + TAG + b">\nContent-Type: text/html\n\n" + TAG + b">",
    b"From: ada@example.org\nContent-Type: text/plain; charset=nothing\n\n\xe9",
    b"From: ada@example.org\nContent-Transfer-Encoding: base64\n\n====",
    b"X: y\n" * 20_000,
    b":\n:\n:",
    b"ada@example.org\n" * 2_000,
    b"\x89PNG\r\n\x1a\n",
    b"PK\x03\x04",
)


def value(choice: Random) -> bytes:
    """Choose a hostile value, at times a date or a number of this moment's making."""
    kind = choice.random()
    if kind < 0.04:
        return str(choice.randint(-(2**70), 2**70)).encode()
    if kind < 0.08:
        return date.fromordinal(choice.randint(1, date.max.toordinal())).isoformat().encode()
    if kind < 0.12:
        return choice.randbytes(choice.randint(1, 40))
    return choice.choice(VALUES)
