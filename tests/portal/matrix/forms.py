"""The form of each POST in the table: valid fields, so that only the person matters."""

from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta

from models.clock import now

PASSWORD = "correct horse battery"

TYPED = {"list": "announce", "subject": "Plans", "text": "Dear members,", "html": "<p>Dear</p>"}
UPLOAD = {"list": "announce", "file": (b"From: ada@example.org\nSubject: x\n\nDear\n", "x.eml")}
ROLE = {"name": "viewer", "right": ["404", "605"]}
SERVICE = {"scope": ["read", "people"], "acts_for": "everyone"}
LATER = {"when": "then", "send_at": "2099-01-31T09:00"}
LIST = {
    "name": "Quiet",
    "kind": "discussion",
    "delivery": "members",
    "self_service": "closed",
    "who_may_ask": "authors",
    "max_open_requests": "3",
    "language": "en",
    "from_field": "automatic",
}

# The absence of the table is later.
AWAY = {"first": f"{now():%Y-%m-%d}", "last": f"{now() + timedelta(days=2):%Y-%m-%d}"}

# By the address in the table; names in braces are filled in here as there.
SMS = {"MessageSid": "SM" + "0" * 32, "From": "+33612345678", "Body": "What is this?"}

FORMS: Mapping[str, Mapping[str, object]] = {
    "/log-in": {"address": "edsger@example.org", "password": PASSWORD},
    "/letter/log-in": {"address": "edsger@example.org"},
    "/webhooks/twilio/sms": SMS,
    "/webhooks/twilio/status": {**SMS, "MessageStatus": "undelivered", "ErrorCode": "30005"},
    "/answer/{token}": {"verdict": "approved"},
    "/answer/unknown": {"verdict": "approved"},
    "/unsubscribe/{unsubscribe}": {"List-Unsubscribe": "One-Click"},
    "/my/lists": {"list": "{quiet}", "wish": "join"},
    "/account/details": {"name": "Somebody Else", "language": "fr"},
    "/account/address": {"address": "elsewhere@example.org"},
    "/account/password": {"old": PASSWORD, "new": "an even better horse"},
    "/account/absences": AWAY,
    "/account/codes": {"code": "{code}"},
    "/messages/new": TYPED,
    "/messages/upload": UPLOAD,
    "/messages/{draft}/draft": {**TYPED, "version": "{version}"},
    "/messages/{draft}/time": LATER,
    "/messages/{asked}/draft": TYPED,
    "/messages/{asked}/time": LATER,
    "/messages/{scheduled}/time": LATER,
    "/messages/{sent}/doubts": {"act": "resend", "all": "yes"},
    "/messages/{draft}/doubts": {"act": "resend", "all": "yes"},
    "/requests/{request}/decision": {"verdict": "rejected", "comment": "No."},
    "/requests/{decided}/decision": {"verdict": "rejected"},
    "/requests/{of_grace}/decision": {"verdict": "approved"},
    "/requests/999/decision": {"verdict": "approved"},
    "/mailing-lists/new": {**LIST, "short_name": "new", "address": "new@lists.example.org"},
    "/mailing-lists/{list}/details": {**LIST, "address": "announce@lists.example.org"},
    "/mailing-lists/{list}/approvers": {"approver_list": "{unused}"},
    "/mailing-lists/{held}/requests/{joining}/answer": {"verdict": "approved"},
    "/mailing-lists/{list}/subscribers": {"address": "ada@example.org"},
    "/mailing-lists/{list}/import": {"content": b64encode(b"ada@example.org\n").decode()},
    "/mailing-lists/{held}/pushes/confirmation": {"seen": "420"},
    "/approver-lists/new": {"name": "Jury"},
    "/approver-lists/{editors}/members": {"user": "{edsger}"},
    "/users/new": {"address": "new@example.org", "name": "New"},
    "/users/{edsger}/contact": {"name": "E. W. Dijkstra", "language": "de"},
    "/users/{edsger}/address": {"address": "ewd@example.org"},
    "/users/{edsger}/roles": {"role": "author"},
    "/users/{edsger}/grants": {"role": "author", "place": "announce"},
    "/users/{edsger}/absences": AWAY,
    "/users/{edsger}/standing": {"standing": "disabled"},
    "/roles/new": {**ROLE, "name": "another"},
    "/roles/{role}": ROLE,
    "/list-sets/new": {"name": "press", "list": ["announce", "board"]},
    "/list-sets/{set}": {"list": ["announce", "quiet"]},
    "/services/new": {**SERVICE, "name": "register"},
    "/services/{service}": SERVICE,
    "/services/{service}/standing": {"standing": "disabled"},
    "/services/{service}/keys": {"scope": "read", "days": "30"},
}
