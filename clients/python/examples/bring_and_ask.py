"""Bring people, a list and a message by HTTP, and ask for approval."""

import os

from listgate_client.http import Api

PEOPLE = {
    "7": ("ada@club.example", "Ada Lovelace"),
    "8": ("edsger@club.example", "Edsger Dijkstra"),
}

with Api(os.environ["LISTGATE_URL"], os.environ["LISTGATE_TOKEN"]) as listgate:
    for key, (address, name) in PEOPLE.items():
        listgate.add_person(address=address, name=name, external_id=key, roles=["author"])
    listgate.create_list(short_name="club", address="club@lists.example", name="The club")
    listgate.assign_approvers(list="club", approver_list="editors")
    listgate.import_subscribers(list="club", user_ids=[f"external:{key}" for key in PEOPLE])
    asked = listgate.submit_message(
        list="club", author_id="external:7", subject="Our party", text="On Friday at eight."
    )
    print(asked)
