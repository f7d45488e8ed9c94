"""Why a push failed, as a sentence in each language, and what its command wrote."""

import re
from collections.abc import Callable

from models import Failure, Language
from notifications.wording.languages import translations

# Escape sequences of terminals (ECMA-48, 5.4), which programs use for colours.
ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


def failure_sentence(failure: Failure, status: int | None, language: Language) -> str:
    """Return the sentence; `status` is the command's exit status, or minus the signal's number."""
    return SENTENCES[failure](translations(language).gettext) % {"status": abs(status or 0)}


def readable_stderr(stderr: str) -> str:
    """Return what a command wrote, without colours and other unprintable characters."""
    lines = ANSI.sub("", stderr).expandtabs(4).splitlines()
    return "\n".join(
        "".join(each if each.isprintable() else " " for each in line).rstrip() for line in lines
    ).strip("\n")


# Functions, so that babel finds each sentence in `_("...")`.
SENTENCES: dict[Failure, Callable[[Callable[[str], str]], str]] = {
    Failure.NOT_STARTED: lambda _: _("The command could not be started."),
    Failure.NOT_EXECUTABLE: lambda _: _("The command's program cannot be executed."),
    Failure.NOT_FOUND: lambda _: _(
        "The command's program, or one that it runs on another machine, was not found."
    ),
    Failure.EXIT_STATUS: lambda _: _("The command ended with exit status %(status)s."),
    Failure.SIGNAL: lambda _: _("The command was ended by signal %(status)s."),
    Failure.TOOK_TOO_LONG: lambda _: _("The command took too long and was ended."),
    Failure.SAID_TOO_MUCH: lambda _: _("The command wrote too much to stderr and was ended."),
    Failure.READ_TOO_LITTLE: lambda _: _(
        "The command succeeded but did not read all addresses from its standard input."
    ),
    Failure.STARTED_TOO_LATE: lambda _: _("The worker was too late to start the command."),
    Failure.WORKER_DIED: lambda _: _("The worker died while the command was running."),
}
