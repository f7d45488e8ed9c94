"""A wheel of Listgate holds every data file that the code reads."""

import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns
from zipfile import ZipFile

from tests.builders import ROOT

PACKAGES = ("models", "notifications", "portal", "sandbox", "settings", "workflows")


def test_a_wheel_has_every_file_of_the_packages(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copytree(
        ROOT, copy, ignore=ignore_patterns(".*", "__pycache__", "*.egg-info", "tests", "build")
    )
    build = f"from setuptools.build_meta import build_wheel; build_wheel({str(tmp_path)!r})"

    subprocess.run([sys.executable, "-W", "ignore", "-c", build], cwd=copy, check=True, timeout=60)

    (wheel,) = tmp_path.glob("*.whl")
    with ZipFile(wheel) as opened:
        assert not any("listgate_client" in name for name in opened.namelist())
        packed = {name for name in opened.namelist() if name.startswith(PACKAGES)}
    ours = {
        str(path.relative_to(copy))
        for package in PACKAGES
        for path in (copy / package).rglob("*")
        if path.is_file()
    }
    assert "notifications/catalogs/de.po" in ours
    assert packed == ours
