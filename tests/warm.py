"""What each start of a worker does again, done once: a worker of the tests inherits it.

`tests.fork_server` imports this before it forks a worker.
"""

from zoneinfo import ZoneInfo

from models import Language
from models.clock import now
from notifications.letters.rendering import TEMPLATES, environment
from notifications.wording.languages import format_moment
from workflows.celery import app

app.finalize()

# What all letters share, and the letter of most tests.
for path in (*TEMPLATES.glob("*.*"), *TEMPLATES.glob("SysMsgMessageModerate/*")):
    environment(Language.ENGLISH, None).get_template(str(path.relative_to(TEMPLATES)))
format_moment(now(), Language.ENGLISH, ZoneInfo("UTC"))
