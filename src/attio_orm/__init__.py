"""An active-record ORM for the Attio CRM. See https://docs.attio.com."""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

# These two tell pickles and reprs that they are the place of their classes, whoever imports them.
from attio_orm import expressions as expressions
from attio_orm import values as values
from attio_orm.attributes import Many, Maybe, One
from attio_orm.conditions.q import Q
from attio_orm.connecting import aconnect, connect
from attio_orm.connection.sessions import Session
from attio_orm.connection.settings import Settings
from attio_orm.errors import (
    APIError,
    AsyncReceiverError,
    AttioError,
    AuthenticationError,
    BadRequestError,
    BlockingCallWarning,
    ConflictError,
    ConnectionFailedError,
    DeadlineExceededError,
    DoesNotExist,
    ForbiddenError,
    InvalidRequestError,
    InvalidResponseError,
    LazyLoadWarning,
    MultipleObjectsReturned,
    NotConnectedError,
    NotFoundError,
    NotLoadedError,
    NotSupportedByAttio,
    OutcomeUnknownError,
    QueryTooComplexError,
    RateLimitError,
    ReadOnlyAttributeError,
    RefreshNotSupported,
    RequestTimeoutError,
    SchemaChangeError,
    SchemaDriftError,
    SchemaDriftWarning,
    ServerError,
    StaleRecordError,
    StateMismatchError,
    TransportError,
    UniquenessConflictError,
    UnknownAttributeError,
    UnsupportedLookup,
    ValidationError,
    WriteConflictError,
)
from attio_orm.keywords import UNSET
from attio_orm.models.activities import Activity
from attio_orm.models.connection import Connection
from attio_orm.models.drift import Drift
from attio_orm.models.entries import ListEntry
from attio_orm.models.manager import Manager
from attio_orm.models.model import Model
from attio_orm.models.queryset import QuerySet
from attio_orm.models.record_entries import RecordEntries
from attio_orm.models.standard import Company, Deal, Person, User, Workspace
from attio_orm.models.streaming import Stream
from attio_orm.moved import forward
from attio_orm.pickles import public_in
from attio_orm.query.includes import Include
from attio_orm.query.reads import Page
from attio_orm.records.changes import Change
from attio_orm.records.loading import FetchMode
from attio_orm.records.relation_paths import through
from attio_orm.transport.dry_run import DryRun, Plan, PlannedRequest
from attio_orm.transport.pool import Pool
from attio_orm.transport.retries import Retry
from attio_orm.writes.conflicts import Conflict

if TYPE_CHECKING:
    from attio_orm.cache import Cache
    from attio_orm.connection.health import Health
    from attio_orm.connection.statistics import ConnectionStats
    from attio_orm.connection.workers import Outcome, Workers
    from attio_orm.jobs.items import BulkItem, BulkReport
    from attio_orm.jobs.progress import Progress
    from attio_orm.query.search import asearch, search
    from attio_orm.records.as_of import RecordAsOf
    from attio_orm.records.history import HistoricValue
    from attio_orm.resources.emails import Email
    from attio_orm.resources.files import File
    from attio_orm.resources.meetings import Meeting
    from attio_orm.resources.members import Member
    from attio_orm.resources.notes import Note
    from attio_orm.resources.participants import Participant
    from attio_orm.resources.recordings import CallRecording
    from attio_orm.resources.tasks import Task
    from attio_orm.resources.threads import Comment, Thread
    from attio_orm.resources.transcripts import Segment, Transcript
    from attio_orm.resources.webhooks import Webhook
    from attio_orm.schema.planner import SchemaChange, SchemaPlan

__all__ = [
    "UNSET",
    "APIError",
    "Activity",
    "AsyncReceiverError",
    "AttioError",
    "AuthenticationError",
    "BadRequestError",
    "BlockingCallWarning",
    "BulkItem",
    "BulkReport",
    "Cache",
    "CallRecording",
    "Change",
    "Comment",
    "Company",
    "Conflict",
    "ConflictError",
    "Connection",
    "ConnectionFailedError",
    "ConnectionStats",
    "DeadlineExceededError",
    "Deal",
    "DoesNotExist",
    "Drift",
    "DryRun",
    "Email",
    "FetchMode",
    "File",
    "ForbiddenError",
    "Health",
    "HistoricValue",
    "Include",
    "InvalidRequestError",
    "InvalidResponseError",
    "LazyLoadWarning",
    "ListEntry",
    "Manager",
    "Many",
    "Maybe",
    "Meeting",
    "Member",
    "Model",
    "MultipleObjectsReturned",
    "NotConnectedError",
    "NotFoundError",
    "NotLoadedError",
    "NotSupportedByAttio",
    "Note",
    "One",
    "Outcome",
    "OutcomeUnknownError",
    "Page",
    "Participant",
    "Person",
    "Plan",
    "PlannedRequest",
    "Pool",
    "Progress",
    "Q",
    "QuerySet",
    "QueryTooComplexError",
    "RateLimitError",
    "ReadOnlyAttributeError",
    "RecordAsOf",
    "RecordEntries",
    "RefreshNotSupported",
    "RequestTimeoutError",
    "Retry",
    "SchemaChange",
    "SchemaChangeError",
    "SchemaDriftError",
    "SchemaDriftWarning",
    "SchemaPlan",
    "Segment",
    "ServerError",
    "Session",
    "Settings",
    "StaleRecordError",
    "StateMismatchError",
    "Stream",
    "Task",
    "Thread",
    "Transcript",
    "TransportError",
    "UniquenessConflictError",
    "UnknownAttributeError",
    "UnsupportedLookup",
    "User",
    "ValidationError",
    "Webhook",
    "Workers",
    "Workspace",
    "WriteConflictError",
    "aconnect",
    "asearch",
    "connect",
    "search",
    "through",
]  # fmt: skip

# What many programs never use is loaded when it is: importing the package is to stay quick.
_LATE: Final = {
    "BulkItem": "attio_orm.jobs.items",
    "BulkReport": "attio_orm.jobs.items",
    "Progress": "attio_orm.jobs.progress",
    "Cache": "attio_orm.cache",
    "ConnectionStats": "attio_orm.connection.statistics",
    "Health": "attio_orm.connection.health",
    "HistoricValue": "attio_orm.records.history",
    "Note": "attio_orm.resources.notes",
    "CallRecording": "attio_orm.resources.recordings",
    "Comment": "attio_orm.resources.threads",
    "Email": "attio_orm.resources.emails",
    "File": "attio_orm.resources.files",
    "Meeting": "attio_orm.resources.meetings",
    "Member": "attio_orm.resources.members",
    "Participant": "attio_orm.resources.participants",
    "Segment": "attio_orm.resources.transcripts",
    "Thread": "attio_orm.resources.threads",
    "Transcript": "attio_orm.resources.transcripts",
    "Webhook": "attio_orm.resources.webhooks",
    "Outcome": "attio_orm.connection.workers",
    "SchemaChange": "attio_orm.schema.planner",
    "SchemaPlan": "attio_orm.schema.planner",
    "Task": "attio_orm.resources.tasks",
    "RecordAsOf": "attio_orm.records.as_of",
    "Workers": "attio_orm.connection.workers",
    "asearch": "attio_orm.query.search",
    "search": "attio_orm.query.search",
}


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_LATE[name]), name)  # asked for once
    return found


# Where pickles, tracebacks and reprs say that they are. Errors stay in ``attio_orm.errors``; the
# standard models have said so themselves.
public_in(
    __name__, Activity, Change, Conflict, Connection, Drift, DryRun, FetchMode,
    Include, ListEntry, Manager, Model, Page, Plan, PlannedRequest, Q, QuerySet,
    RecordEntries, Session, Stream,
)  # fmt: skip
forward()
