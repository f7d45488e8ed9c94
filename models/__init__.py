"""Tables, with their constraints and states."""

from models.absences import Absence
from models.actors import Actor, Door
from models.audit import Act, AuditEntry, acting, record, record_refusal
from models.base import Base
from models.bounces import Bounce
from models.contacts import Channel, Language, Preference
from models.credentials import Credentials, LinkPurpose, MailedLink, PortalSession, RecoveryCode
from models.dispatch import Delivery, DeliveryState, Dispatch, DispatchState
from models.events import (
    Event,
    EventDelivery,
    EventDeliveryState,
    EventEndpoint,
    EventFailure,
    EventKind,
    note_event,
    note_members,
)
from models.grants import Grant, Role
from models.idempotency import IdempotentCall
from models.installation import Installation, marked
from models.lifecycle import IllegalTransition, Lifecycle, legal_move
from models.lists import (
    ApproverList,
    FromField,
    ListDelivery,
    ListKind,
    ListSet,
    MailingList,
    SelfService,
    WhoMayAsk,
)
from models.messages import Message, MessageState, ShareUnit
from models.moderation import (
    ApproverKeys,
    Decision,
    ModerationRequest,
    RequestState,
    SentBackContent,
    Verdict,
)
from models.notifications import LetterName, Notification, NotificationState
from models.outbox import OutboxEntry, WorkItem
from models.people import User
from models.refusals import Amount, Invalid, Refusal, Trespass, Unknown
from models.replies import InboundMail, InboundMailState, InboundSms, ReplyLetter, WrongCode
from models.rights import Right
from models.sendout import Rate, SendoutRules, Span
from models.services import ActsFor, ExternalId, Scope, Service, ServiceKey
from models.subscription_requests import SubscriptionRequest, SubscriptionRequestState
from models.subscriptions import Change, Subscription, SubscriptionChange, ask_for_push
from models.sync import Failure, PushedPart, Sync, SyncState
from models.windows import Window

__all__ = [
    "Absence",
    "Act",
    "Actor",
    "ActsFor",
    "Amount",
    "ApproverKeys",
    "ApproverList",
    "AuditEntry",
    "Base",
    "Bounce",
    "Change",
    "Channel",
    "Credentials",
    "Decision",
    "Delivery",
    "DeliveryState",
    "Dispatch",
    "DispatchState",
    "Door",
    "Event",
    "EventDelivery",
    "EventDeliveryState",
    "EventEndpoint",
    "EventFailure",
    "EventKind",
    "ExternalId",
    "Failure",
    "FromField",
    "Grant",
    "IdempotentCall",
    "IllegalTransition",
    "InboundMail",
    "InboundMailState",
    "InboundSms",
    "Installation",
    "Invalid",
    "Language",
    "LetterName",
    "Lifecycle",
    "LinkPurpose",
    "ListDelivery",
    "ListKind",
    "ListSet",
    "MailedLink",
    "MailingList",
    "Message",
    "MessageState",
    "ModerationRequest",
    "Notification",
    "NotificationState",
    "OutboxEntry",
    "PortalSession",
    "Preference",
    "PushedPart",
    "Rate",
    "RecoveryCode",
    "Refusal",
    "ReplyLetter",
    "RequestState",
    "Right",
    "Role",
    "Scope",
    "SelfService",
    "SendoutRules",
    "SentBackContent",
    "Service",
    "ServiceKey",
    "ShareUnit",
    "Span",
    "Subscription",
    "SubscriptionChange",
    "SubscriptionRequest",
    "SubscriptionRequestState",
    "Sync",
    "SyncState",
    "Trespass",
    "Unknown",
    "User",
    "Verdict",
    "WhoMayAsk",
    "Window",
    "WorkItem",
    "WrongCode",
    "acting",
    "ask_for_push",
    "legal_move",
    "marked",
    "note_event",
    "note_members",
    "record",
    "record_refusal",
]
