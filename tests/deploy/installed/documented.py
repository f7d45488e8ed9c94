"""The commands of the runbook and of the Dockerfile, run below another folder than /."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.deploy.compose import ROOT, RUNBOOK

# Folders that the documentation names, and that a test has below its own folder.
FOLDERS = re.compile(r"(?<![\w./-])/(?=(?:opt/listgate|etc/listgate|etc/systemd|app|build)\b)")

# What is kept of this environment; of pip's variables, the certificates of a re-signing proxy.
NEEDED = {"PATH", "HOME", "LANG", "TMPDIR", "PIP_CERT", "SSL_CERT_FILE"}


def section(title: str) -> str:
    """Return the text of one section of the runbook."""
    (found,) = re.findall(
        rf"^#+ {title}\n(.*?)(?=^#+ |\Z)", shell_is_no_heading(), re.MULTILINE | re.DOTALL
    )
    return str(found)


def shell_is_no_heading() -> str:
    """Return the runbook with the comments of its commands indented: they are no headings."""
    return re.sub(
        r"^```.*?^```",
        lambda block: re.sub(r"^#", " #", block[0], flags=re.MULTILINE),
        RUNBOOK,
        flags=re.MULTILINE | re.DOTALL,
    )


def block(title: str, containing: str) -> str:
    """Return the one block of commands in a section that has these words."""
    blocks = re.findall(r"^```sh\n(.*?)^```", section(title), re.MULTILINE | re.DOTALL)
    (found,) = (each for each in blocks if containing in each)
    return str(found)


def instructions(dockerfile: str) -> Iterator[tuple[str, str]]:
    """Yield the instructions of the first stage of a Dockerfile, each with its text."""
    code = re.sub(r"^\s*#.*\n", "", dockerfile, flags=re.MULTILINE).replace("\\\n", " ")
    for line in filter(None, re.split(r"^FROM .*\n", code, flags=re.MULTILINE)[1].splitlines()):
        word, _, text = line.partition(" ")
        yield word, text


@dataclass(frozen=True)
class Machine:
    """A folder that stands for the root folder of an empty machine."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Provide a Python of its own, with pip and nothing else, and no configuration of pip."""
        python = self.root / "python"
        subprocess.run([sys.executable, "-m", "venv", python], check=True)
        self.environment.update(
            {name: value for name, value in os.environ.items() if name in NEEDED},
            PATH=f"{python}/bin:{os.environ['PATH']}",
            PIP_CONFIG_FILE=os.devnull,
            PIP_DISABLE_PIP_VERSION_CHECK="1",
        )
        if not self.reaches_an_index():
            print("No package index without this machine's configuration of pip: it is used.")
            self.environment.pop("PIP_CONFIG_FILE")
            pips = {name: it for name, it in os.environ.items() if name.startswith("PIP_")}
            self.environment.update(pips)

    def reaches_an_index(self) -> bool:
        """Whether pip finds packages with its defaults."""
        asked = ["pip", "download", "-q", "--no-deps", "--no-cache-dir", "--retries=0"]
        target = [f"--dest={self.root}/asked", "idna"]
        return (
            subprocess.run(
                [*asked, *target],
                env=self.environment,
                capture_output=True,
                check=False,
                timeout=60,
            ).returncode
            == 0
        )

    def here(self, text: str) -> str:
        """Return the text with the folders of this machine."""
        return FOLDERS.sub(f"{self.root}/", text)

    def run(self, commands: str, *, folder: Path | None = None) -> str:
        """Run commands; raise AssertionError with their output if one of them fails."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", self.here(commands)],
            cwd=folder or self.root,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{commands}\n{done.stdout[-3000:]}"
        return done.stdout

    def build(self, dockerfile: str) -> None:
        """Do what the first stage of a Dockerfile does; its base is this machine."""
        folder = self.root
        for word, text in instructions(dockerfile):
            match word:
                case "WORKDIR":
                    folder = Path(self.here(text))
                    folder.mkdir(parents=True)
                case "COPY":
                    *sources, target = text.split()
                    self.copy(sources, folder / self.here(target))
                case "RUN":
                    self.run(text, folder=folder)
                case _:
                    assert word == "ENV", f"{word} is unknown"

    def copy(self, sources: list[str], target: Path) -> None:
        """Copy files, or the content of folders, as COPY does."""
        target.mkdir(parents=True, exist_ok=True)
        for source in sources:
            path = ROOT / source
            origin = f"{path}/." if path.is_dir() else str(path)
            subprocess.run(["cp", "-R", origin, target], check=True)

    def pack(self) -> None:
        """Do what the runbook's `git archive` does, with the changes that are not committed."""
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        files = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout
        archive = ["tar", "--create", "--gzip", f"--file={self.root}/listgate.tar.gz"]
        names = ["--null", "--ignore-failed-read", "--files-from=-"]
        subprocess.run([*archive, *names], cwd=ROOT, input=files, capture_output=True, check=True)
