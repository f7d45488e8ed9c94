"""`listgate letters`: show letters, and check your own templates."""

from collections.abc import Iterator
from typing import Annotated

import typer
from jinja2 import TemplateError

from models import Language, LetterName
from notifications.letters.rendering import RenderedLetter
from notifications.letters.samples import samples
from notifications.sms.gsm7 import segments
from portal.cli.options import say
from settings import settings

app = typer.Typer()
letters = typer.Typer(help="Letters, including your own templates.", no_args_is_help=True)
app.add_typer(letters, name="letters")

ForList = Annotated[
    str | None, typer.Option("--list", metavar="LIST", help="With this list's templates.")
]


@letters.command("show")
def show_letter(
    letter: Annotated[LetterName, typer.Argument(help="Which letter.")],
    language: Annotated[Language, typer.Option(help="In which language.")] = Language.ENGLISH,
    short_name: ForList = None,
) -> None:
    """Show a letter with sample data."""
    words = sample(letter, language, short_name)
    say(f"Subject: {words.subject}")
    for line in words.text.splitlines():
        say(line)
    say(f"SMS ({segments(words.sms)}): {words.sms}")


@letters.command("check")
def check_letters(short_name: ForList = None) -> None:
    """Render every part of every letter in every language, and print the errors."""
    wrong = list(errors(short_name))
    for error in wrong:
        say(error)
    if wrong:
        raise typer.Exit(1)
    say(f"{len(LetterName)} letters in {len(Language)} languages render without errors.")


def errors(short_name: str | None) -> Iterator[str]:
    """Yield one line for each part of a letter that cannot be rendered."""
    for letter in LetterName:
        for language in Language:
            words = sample(letter, language, short_name)
            for part in ("subject", "text", "html", "sms"):
                try:
                    getattr(words, part)
                except TemplateError as failure:
                    yield f"{letter} ({language}, {part}): {failure}"


def sample(letter: LetterName, language: Language, short_name: str | None) -> RenderedLetter:
    """Return the letter with its sample data."""
    return RenderedLetter(
        letter,
        samples(language)[letter],
        language=language,
        list_name=short_name,
        templates_dir=settings.templates_dir,
    )
