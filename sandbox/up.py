"""`make up`: run the demo installation until Ctrl-C."""

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
from sandbox.people import PASSWORD, PEOPLE
from sandbox.stack import ROOT, Stack, celery, port, running_stack

FOLDER: Final = ROOT / ".sandbox"


def main(folder: Path = FOLDER) -> None:
    """Start everything, print how to use it, and print each mail and SMS as it arrives."""
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(KeyboardInterrupt), running_stack(folder) as stack:
        print("Creating people and lists …", flush=True)
        subprocess.run(
            [sys.executable, "-m", "sandbox.seed"],
            env=stack.environment,
            cwd=ROOT,
            check=True,
        )
        password, flower_port = secrets.token_urlsafe(9), port()
        flower = celery("flower", f"--port={flower_port}", "--address=127.0.0.1", "--read-only")
        stack.environment["FLOWER_BASIC_AUTH"] = f"operator:{password}"
        with (
            stack.program("flower", *flower, ready="Visit me at") as watching,
            MailboxPages(stack.mailbox, lmtp=stack.lmtp) as pages,
        ):
            watching.wait_until_ready()
            write_environment(stack)
            explain(f"http://operator:{password}@127.0.0.1:{flower_port}/", pages.url, stack)
            stack.programs.append(watching)
            show_events(stack)


def write_environment(stack: Stack) -> None:
    """Write the file that a second terminal sources to use the stack's settings."""
    own = sorted(stack.environment.items() - os.environ.items())
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in own]
    (stack.folder / "env").touch(mode=0o600)
    (stack.folder / "env").write_text("".join(lines))


def explain(flower: str, mailboxes: str, stack: Stack) -> None:
    """Print the addresses of everything, and what to try first."""
    folder = os.path.relpath(stack.folder)
    people = "\n".join(f"  {one.name:20}{one.what:16}{one.address}" for one in PEOPLE)
    print(
        f"""
Listgate is running. Ctrl-C ends it and deletes its data.

  portal              {stack.environment["PUBLIC_URL"]}
  mailboxes           {mailboxes}  (read a letter, and reply to it)
  telephones          {stack.phone.url}  (read an SMS, and answer it)
  Flower (read-only)  {flower}
  logs and mails      {folder}/
  list server         {folder}/lists/  (a file of addresses per list)

Log in to the portal with the password "{PASSWORD}" as:

{people}

Or use the command line, in a second terminal:

  . {folder}/env; PATH=$PWD/.venv/bin:$PATH
  listgate doctor
  listgate message submit sandbox/letters/assembly.eml --list announce --as ada@example.org
  listgate decide 1 approve --as grace@example.org
  listgate timeline 1

Mails and SMS appear here as they arrive. A program that ends is started again.
""",
        flush=True,
    )


def show_events(stack: Stack) -> None:
    """Print a line for each mail, SMS and restart of a program, until interrupted."""
    mails = texts = 0
    while True:
        for each in stack.programs:
            if (status := each.restart_if_ended()) is not None:
                what = f"{each.name} ended ({status}) and was started again"
                print(f"  {what}: see {os.path.relpath(each.log)}", flush=True)
        for mail in stack.mailbox.mails[mails:]:
            mails += 1
            print(f"  {', '.join(mail.recipients)}: {mail.message['Subject']}", flush=True)
        for sms in stack.phone.messages[texts:]:
            texts += 1
            print(f"  {sms.to}: {sms.body}", flush=True)
        time.sleep(0.2)


if __name__ == "__main__":
    main()
