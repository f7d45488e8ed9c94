"""`make up`: the whole house, left running for a person to play with until Ctrl-C."""

import secrets
import shlex
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from sandbox.demo import APPROVERS, MEMBERS, settle_in
from sandbox.house import ROOT, House, celery, house, port
from sandbox.mailbox_pages import MailboxPages

FOLDER: Final = ROOT / ".sandbox"
# What `listgate` in a second terminal needs to know.
TOLD: Final = (
    "DATABASE_URL",
    "REDIS_URL",
    "SMTP_URL",
    "MAIL_FROM",
    "LOG_FORMAT",
    "LISTGATE_ENV_FILE",
)


def main() -> None:
    """Start everything, say how to use it, and show each mail as it comes."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    with suppress(KeyboardInterrupt), house(FOLDER) as here:
        print("Making the people of the demo …", flush=True)
        settle_in(here)
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
            show_mails(here)


def write_environment(here: House) -> None:
    """Write what a second terminal sources."""
    lines = [f"export {name}={shlex.quote(here.environment[name])}\n" for name in TOLD]
    (FOLDER / "env").touch(mode=0o600)
    (FOLDER / "env").write_text("".join(lines))


def explain(flower: str, mailboxes: str, here: House) -> None:
    """Say what is there and what to try first."""
    env = (FOLDER / "env").relative_to(Path.cwd())
    print(
        f"""
The house is up. Ctrl-C ends it and forgets everything.

  mailboxes           {mailboxes}  (read a letter, and reply to it)
  telephones          {here.phone.url}  (read an SMS, and answer it)
  Flower (read-only)  {flower}
  logs and mails      {FOLDER.relative_to(Path.cwd())}/
  list server         {here.list_server.relative_to(Path.cwd())}/  (a file of addresses per list)

In a second terminal:

  . {env}; PATH=$PWD/.venv/bin:$PATH
  listgate doctor
  listgate message submit sandbox/letters/assembly.eml --list announce --as ada@example.org
  listgate decide 1 approve --as grace@example.org
  listgate timeline 1

Ada writes; {", ".join(name.split()[0] for name in APPROVERS.values())} approve;
{", ".join(name.split()[0] for name in MEMBERS.values())} are on the list.
Mails will be shown here as they come:
""",
        flush=True,
    )


def show_mails(here: House) -> None:
    """Print a line for each mail, for ever."""
    shown = 0
    while True:
        for mail in here.mailbox.mails[shown:]:
            shown += 1
            print(f"  {', '.join(mail.recipients)}: {mail.message['Subject']}", flush=True)
        time.sleep(0.2)


if __name__ == "__main__":
    main()
