"""The values that arguments and answers consist of.

Drawn from workflows/public by `make fix`.
"""

from typing import Literal

DispatchState = Literal["waiting", "sending", "sent", "stopped", "recalled"]
Door = Literal[
    "portal", "link", "mail", "unsubscribe", "complaint", "sms", "command_line", "service", "system"
]
FromField = Literal["automatic", "author", "list"]
Language = Literal["en", "fr", "de"]
ListDelivery = Literal["members", "list_address"]
ListKind = Literal["discussion", "announcement"]
MessageState = Literal[
    "draft",
    "in_moderation",
    "rejected",
    "scheduled",
    "sending",
    "sent",
    "stopped",
    "discarded",
    "variant",
]
Preference = Literal["email", "sms", "both"]
RequestState = Literal["open", "decided", "withdrawn", "expired"]
SelfService = Literal["open", "on_request", "closed"]
ShareUnit = Literal["percent", "copies"]
SyncState = Literal["pending", "running", "held", "done"]
TextFormat = Literal["plain", "markdown"]
Verdict = Literal["approved", "rejected", "sent_back"]
WhoMayAsk = Literal["authors", "members", "accounts"]
