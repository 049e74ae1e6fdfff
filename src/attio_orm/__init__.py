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
    OutcomeUnknownError,
    QueryTooComplexError,
    RateLimitError,
    ReadOnlyAttributeError,
    RequestTimeoutError,
    SchemaDriftError,
    SchemaDriftWarning,
    ServerError,
    StaleRecordError,
    TransportError,
    UniquenessConflictError,
    UnknownAttributeError,
    UnsupportedLookup,
    ValidationError,
    WriteConflictError,
)
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
from attio_orm.writes.conflicts import Conflict

if TYPE_CHECKING:
    from attio_orm.cache import Cache
    from attio_orm.connection.workers import Outcome, Workers
    from attio_orm.query.search import asearch, search
    from attio_orm.records.history import HistoricValue
    from attio_orm.writes.bulk import BulkItem, BulkReport

__all__ = [
    "APIError",
    "AsyncReceiverError",
    "AttioError",
    "AuthenticationError",
    "BadRequestError",
    "BlockingCallWarning",
    "BulkItem",
    "BulkReport",
    "Cache",
    "Change",
    "Company",
    "Conflict",
    "ConflictError",
    "Connection",
    "ConnectionFailedError",
    "DeadlineExceededError",
    "Deal",
    "DoesNotExist",
    "Drift",
    "DryRun",
    "FetchMode",
    "ForbiddenError",
    "HistoricValue",
    "Include",
    "InvalidRequestError",
    "InvalidResponseError",
    "LazyLoadWarning",
    "ListEntry",
    "Manager",
    "Many",
    "Maybe",
    "Model",
    "MultipleObjectsReturned",
    "NotConnectedError",
    "NotFoundError",
    "NotLoadedError",
    "One",
    "Outcome",
    "OutcomeUnknownError",
    "Page",
    "Person",
    "Plan",
    "PlannedRequest",
    "Pool",
    "Q",
    "QuerySet",
    "QueryTooComplexError",
    "RateLimitError",
    "ReadOnlyAttributeError",
    "RecordEntries",
    "RequestTimeoutError",
    "SchemaDriftError",
    "SchemaDriftWarning",
    "ServerError",
    "Session",
    "StaleRecordError",
    "Stream",
    "TransportError",
    "UniquenessConflictError",
    "UnknownAttributeError",
    "UnsupportedLookup",
    "User",
    "ValidationError",
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
    "BulkItem": "attio_orm.writes.bulk",
    "BulkReport": "attio_orm.writes.bulk",
    "Cache": "attio_orm.cache",
    "HistoricValue": "attio_orm.records.history",
    "Outcome": "attio_orm.connection.workers",
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
    __name__, Change, Conflict, Connection, Drift, DryRun, FetchMode,
    Include, ListEntry, Manager, Model, Page, Plan, PlannedRequest, Q, QuerySet,
    RecordEntries, Session, Stream,
)  # fmt: skip
forward()
