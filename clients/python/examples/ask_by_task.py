"""Submit a message by task; its text travels by claim check, so that no queue shows it."""

import os

from listgate_client.tasks import Tasks

with Tasks(os.environ["LISTGATE_BROKER"], os.environ["LISTGATE_TOKEN"]) as listgate:
    asked = listgate.submit_message(
        list="club", author_id="external:7", subject="Our party", text="On Saturday at nine."
    )
    print(asked)
