"""`listgate letters`: show letters, and check your own templates."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from jinja2 import TemplateSyntaxError

from models import Language, LetterName
from notifications.letters.rendering import TEMPLATES, RenderedLetter
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

# The parts of a letter, and the template of each.
PARTS = {"subject": "subject.txt", "text": "body.txt", "html": "body.html", "sms": "sms.txt"}


@letters.command("show")
def show_letter(
    letter: Annotated[LetterName, typer.Argument(help="Which letter.")],
    language: Annotated[Language, typer.Option(help="In which language.")] = Language.ENGLISH,
    short_name: ForList = None,
) -> None:
    """Show a letter with sample data."""
    parts = {}
    for part in PARTS:
        try:
            parts[part] = getattr(sample(letter, language, short_name), part)
        except Exception as failure:  # a template is a program: it can raise anything
            file = template_of(letter, part, short_name)
            typer.secho(explained(file, failure), fg=typer.colors.RED, err=True)
            raise typer.Exit(1) from None
    say(f"Subject: {parts['subject']}")
    for line in parts["text"].splitlines():
        say(line)
    say(f"SMS ({segments(parts['sms'])}): {parts['sms']}")


@letters.command("check")
def check_letters(short_name: ForList = None) -> None:
    """Render every letter in every language, also with the templates of each list."""
    lists = [short_name] if short_name else folders_of_lists(settings.templates_dir)
    wrong = [error for one in [None, *lists] for error in errors(one)]
    for error in dict.fromkeys(wrong):
        say(error)
    if wrong:
        raise typer.Exit(1)
    own = f", also with the templates of {', '.join(lists)}" if lists else ""
    say(f"{len(LetterName)} letters in {len(Language)} languages render without errors{own}.")


def folders_of_lists(templates_dir: Path | None) -> list[str]:
    """Return the names of the folders that hold templates of one list."""
    if templates_dir is None:
        return []
    return sorted(
        one.name
        for one in templates_dir.iterdir()
        if one.is_dir() and one.name not in list(LetterName)
    )


def errors(short_name: str | None) -> Iterator[str]:
    """Yield one sentence for each template that cannot be rendered."""
    for letter in letters_with_templates(short_name):
        for language in Language:
            words = sample(letter, language, short_name)
            for part in PARTS:
                try:
                    getattr(words, part)
                except Exception as failure:  # as above
                    yield explained(template_of(letter, part, short_name), failure)


def letters_with_templates(short_name: str | None) -> list[LetterName]:
    """Return the letters for which the list has templates; without a list, every letter."""
    own = settings.templates_dir
    if short_name is None:
        return [*LetterName]
    return [letter for letter in LetterName if own and (own / short_name / letter).is_dir()]


def explained(file: Path, failure: Exception) -> str:
    """Return in one sentence which template cannot be rendered, and why."""
    reason = str(failure)
    if isinstance(failure, TemplateSyntaxError):
        file, reason = Path(failure.filename or file), f"line {failure.lineno}: {failure.message}"
    return f"The template {file} cannot be rendered: {reason.rstrip('.')}."


def template_of(letter: LetterName, part: str, short_name: str | None) -> Path:
    """Return the file that a part is rendered from."""
    general = Path(letter, PARTS[part])
    own = settings.templates_dir
    candidates = [own / short_name / general] if own and short_name else []
    candidates += [own / general] if own else []
    return next((one for one in candidates if one.is_file()), TEMPLATES / general)


def sample(letter: LetterName, language: Language, short_name: str | None) -> RenderedLetter:
    """Return the letter with its sample data."""
    return RenderedLetter(
        letter,
        samples(language)[letter],
        language=language,
        list_name=short_name,
        templates_dir=settings.templates_dir,
    )
