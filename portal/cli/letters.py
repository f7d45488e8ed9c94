"""`listgate letters`: look at the letters, and check templates of one's own."""

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

app = typer.Typer(help="Letters, your own templates included.", no_args_is_help=True)

ForList = Annotated[str | None, typer.Option("--list", metavar="LIST", help="As for this list.")]


@app.command("show")
def show_letter(
    letter: Annotated[LetterName, typer.Argument(help="Which letter.")],
    language: Annotated[Language, typer.Option(help="In which language.")] = Language.ENGLISH,
    short_name: ForList = None,
) -> None:
    """Show a letter with made-up facts."""
    said = sample(letter, language, short_name)
    say(f"Subject: {said.subject}")
    for line in said.text.splitlines():
        say(line)
    say(f"SMS ({segments(said.sms)}): {said.sms}")


@app.command("check")
def check_letters(short_name: ForList = None) -> None:
    """Fill every part of every letter in every language; says what is missing where."""
    wrong = list(complaints(short_name))
    for complaint in wrong:
        say(complaint)
    if wrong:
        raise typer.Exit(1)
    say(f"{len(LetterName)} letters in {len(Language)} languages are as they should be.")


def complaints(short_name: str | None) -> Iterator[str]:
    """One line for each part of a letter that cannot be filled."""
    for letter in LetterName:
        for language in Language:
            said = sample(letter, language, short_name)
            for part in ("subject", "text", "html", "sms"):
                try:
                    getattr(said, part)
                except TemplateError as failure:
                    yield f"{letter} ({language}, {part}): {failure}"


def sample(letter: LetterName, language: Language, short_name: str | None) -> RenderedLetter:
    """The letter with its made-up facts."""
    return RenderedLetter(
        letter,
        samples(language)[letter],
        language=language,
        list_name=short_name,
        templates_dir=settings.templates_dir,
    )
