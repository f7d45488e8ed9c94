"""Read where the messages of a list stand."""

import os

from listgate_client.http import Api

with Api(os.environ["LISTGATE_URL"], os.environ["LISTGATE_TOKEN"]) as listgate:
    for message in listgate.list_messages(list="club"):
        status = listgate.message_status(message_id=message["message_id"])
        print(message["subject"], status["message"], status.get("decision"), status.get("sendout"))
