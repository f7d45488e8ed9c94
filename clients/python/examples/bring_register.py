"""Bring a register of members (external_id, address, name), and submit a message to all of them."""

import csv
import os
import sys
from pathlib import Path

from listgate_client.http import Api

register = Path(sys.argv[1]).read_text()
members = [f"external:{row['external_id']}" for row in csv.DictReader(register.splitlines())]

with Api(os.environ["LISTGATE_URL"], os.environ["LISTGATE_TOKEN"]) as listgate:
    print(listgate.sync_people(csv=register))
    listgate.create_list(
        short_name="all", address="all@lists.example", name="All", who_may_ask="members"
    )
    listgate.assign_approvers(list="all", approver_list="editors")
    print(listgate.import_subscribers(list="all", user_ids=members))
    print(
        listgate.submit_message(
            list="all", author_id=members[0], subject="Elections", text="All members may vote."
        )
    )
