"""docs/list-servers.md, read: its commands, and the folder of the scripts that they run."""

import re

from tests.deploy.compose import ROOT

SCRIPTS = ROOT / "deploy/list-server"
PAGE = (ROOT / "docs/list-servers.md").read_text()
COMMANDS = re.findall(r"^MAILLIST_SYNC_COMMAND=(.+)$", PAGE, re.MULTILINE)


def example(*having: str) -> str:
    """Return the only command of the page that contains all of this."""
    (found,) = [each for each in COMMANDS if all(word in each for word in having)]
    return str(found)
