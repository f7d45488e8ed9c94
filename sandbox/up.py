"""`make up`: the whole house, left running for a person to play with until Ctrl-C."""

import os
import secrets
import shlex
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from sandbox.mailbox_pages import MailboxPages
from sandbox.residents import PASSWORD, RESIDENTS
from sandbox.stack import ROOT, Stack, celery, port, running_stack

FOLDER: Final = ROOT / ".sandbox"


def main(folder: Path = FOLDER) -> None:
    """Start everything, say how to use it, and show each mail and SMS as it comes."""
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(KeyboardInterrupt), running_stack(folder) as here:
        print("The people of the demo move in …", flush=True)
        subprocess.run(
            [sys.executable, "-m", "sandbox.moving_in"],
            env=here.environment,
            cwd=ROOT,
            check=True,
        )
        password, flower_port = secrets.token_urlsafe(9), port()
        flower = celery("flower", f"--port={flower_port}", "--address=127.0.0.1", "--read-only")
        here.environment["FLOWER_BASIC_AUTH"] = f"operator:{password}"
        with (
            here.program("flower", *flower, ready="Visit me at") as watching,
            MailboxPages(here.mailbox, lmtp=here.lmtp) as pages,
        ):
            watching.wait_until_ready()
            write_environment(here)
            explain(f"http://operator:{password}@127.0.0.1:{flower_port}/", pages.url, here)
            show_letters(here)


def write_environment(here: Stack) -> None:
    """Write what a second terminal sources: all that the house is told and the terminal is not."""
    told = sorted(here.environment.items() - os.environ.items())
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in told]
    (here.folder / "env").touch(mode=0o600)
    (here.folder / "env").write_text("".join(lines))


def explain(flower: str, mailboxes: str, here: Stack) -> None:
    """Say what is there and what to try first."""
    folder = os.path.relpath(here.folder)
    people = "\n".join(f"  {one.name:20}{one.what:16}{one.address}" for one in RESIDENTS)
    print(
        f"""
The house is up. Ctrl-C ends it and forgets everything.

  portal              {here.environment["PUBLIC_URL"]}
  mailboxes           {mailboxes}  (read a letter, and reply to it)
  telephones          {here.phone.url}  (read an SMS, and answer it)
  Flower (read-only)  {flower}
  logs and mails      {folder}/
  list server         {folder}/lists/  (a file of addresses per list)

Log in to the portal with the password "{PASSWORD}" as:

{people}

Or without a portal, in a second terminal:

  . {folder}/env; PATH=$PWD/.venv/bin:$PATH
  listgate doctor
  listgate message submit sandbox/letters/assembly.eml --list announce --as ada@example.org
  listgate decide 1 approve --as grace@example.org
  listgate timeline 1

Mails and SMS will be shown here as they come:
""",
        flush=True,
    )


def show_letters(here: Stack) -> None:
    """Print a line for each mail and SMS, for ever."""
    mails = texts = 0
    while True:
        for mail in here.mailbox.mails[mails:]:
            mails += 1
            print(f"  {', '.join(mail.recipients)}: {mail.message['Subject']}", flush=True)
        for sms in here.phone.messages[texts:]:
            texts += 1
            print(f"  {sms.to}: {sms.body}", flush=True)
        time.sleep(0.2)


if __name__ == "__main__":
    main()
