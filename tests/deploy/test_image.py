"""The image contains what it needs, locked, and nothing else."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()
PACKAGING = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]

needs_ssh = pytest.mark.skipif(shutil.which("ssh") is None, reason="ssh is not on this machine")


def copied_into_the_image() -> set[str]:
    """Return the top-level files and folders that the Dockerfile copies."""
    copies = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    return {source.rstrip("/") for sources in copies for source in sources.split()}


def test_the_image_has_every_package_but_the_sandbox() -> None:
    packages = {package.rstrip("*") for package in PACKAGING["packages"]["find"]["include"]}
    modules = {f"{module}.py" for module in PACKAGING["py-modules"]}
    copied = copied_into_the_image()

    assert (packages - {"sandbox"}) | modules | {"migrations"} <= copied
    assert not {"sandbox", "tests"} & copied


def test_what_the_image_copies_is_not_ignored() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    let_in = {line.removeprefix("!") for line in lines if line.startswith("!")}

    assert "*" in lines
    assert let_in == copied_into_the_image()


def test_the_build_tools_are_locked() -> None:
    # The Dockerfile takes this entry from the lock, with its continuation lines.
    lock = (ROOT / "requirements/development.txt").read_text()
    entry = re.search(r"^setuptools==(?:.*\\\n)+.*$", lock, re.MULTILINE)

    assert "'/^setuptools==/,/[^\\\\]$/p'" in DOCKERFILE
    assert entry
    assert "--hash=sha256:" in entry[0]


def test_ssh_never_prompts_and_trusts_only_mounted_keys() -> None:
    config = (ROOT / "deploy/ssh_config").read_text()

    for line in ("BatchMode yes", "StrictHostKeyChecking yes", "Match localuser listgate"):
        assert line in config
    assert "COPY deploy/ssh_config /etc/ssh/ssh_config.d/listgate.conf" in DOCKERFILE
    assert "openssh-client" in DOCKERFILE
    assert "--gid listgate" in DOCKERFILE


@needs_ssh
def test_ssh_understands_its_settings() -> None:
    config = (
        (ROOT / "deploy/ssh_config").read_text().replace("Match localuser listgate", "Match all")
    )

    asked = subprocess.run(
        ["ssh", "-G", "-F", "/dev/stdin", "mail.example.com"],
        input=config,
        capture_output=True,
        text=True,
        check=True,
    )

    assert {"batchmode yes", "connecttimeout 10", "stricthostkeychecking true"} <= {
        *asked.stdout.splitlines()
    }
