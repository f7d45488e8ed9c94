"""The mails of the browser tests' data, as authors of a library write them."""

from notifications.mime.compose import TypedMessage
from notifications.mime.parse import Attachment

NIGHT = """Dear readers,

on Friday, 11 December, we read until midnight. Bring a cushion and a book
that you would save from a fire. There is soup from eight o'clock.

Please say by Wednesday whether you come: 02 41 55 03.

Ada Lovelace
"""
CONCERT = """Dear readers,

on Sunday at five our choir sings among the shelves: Purcell, Fauré, and two
songs of its own. Nobody pays, everybody may hum.

Ada Lovelace
"""
MINUTES = """Dear members,

the minutes of the general assembly are attached, with the accounts for the
year. Who finds a mistake, please tell the board by the end of the month.

Ada Lovelace
"""
AUGUST = """Dear readers,

in August we open at ten and close at four, and on Saturdays not at all.

Ada Lovelace
"""
SHELF = """Dear readers,

forty-one new books stand on the shelf by the door, among them seven that you
asked for. Whoever comes first, reads first.

Ada Lovelace
"""
BOARD = """Dear members,

the board met on Tuesday. The roof is paid for, and the choir gets the piano.

Barbara Liskov
"""


def a_newsletter(heading: str, text: str) -> str:
    """Return the text as HTML, as a program for newsletters writes it."""
    paragraphs = "".join(f"<p>{one}</p>" for one in text.strip().split("\n\n"))
    return f"""<table cellpadding="16" width="100%" style="font-family: sans-serif">
<tr><td style="background-color: #1d4e68; color: #ffffff">
<h1 style="margin: 0">{heading}</h1></td></tr>
<tr><td>{paragraphs}</td></tr>
<tr><td style="background-color: #eef3f5; color: #333333">Lower Bridge Library ·
<a href="https://library.example.org">open Tuesday to Saturday</a></td></tr>
</table>"""


def a_file(name: str, size: int) -> Attachment:
    """Return an attachment of this size."""
    content = b"%PDF-1.7\n".ljust(size, b"\n")
    return Attachment(name, "application/pdf", len(content), content)


A_NIGHT = TypedMessage(
    "A night among books",
    NIGHT,
    a_newsletter("A night among books", NIGHT),
    [a_file("programme.pdf", 48_200)],
)
A_CONCERT = TypedMessage(
    "Our choir sings on Sunday",
    CONCERT,
    a_newsletter("Our choir sings on Sunday", CONCERT),
    [a_file("songs.pdf", 31_400)],
)
THE_MINUTES = TypedMessage(
    "Minutes of the general assembly", MINUTES, "", [a_file("minutes.pdf", 182_000)]
)
IN_AUGUST = TypedMessage("Opening hours in August", AUGUST, "")
NEW_BOOKS = TypedMessage("Forty-one new books", SHELF, "")
THE_BOARD = TypedMessage("What the board decided", BOARD, "")
