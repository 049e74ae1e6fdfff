"""An active-record ORM for the Attio CRM. See https://docs.attio.com."""

from attio_orm.attributes import Many, Maybe, One
from attio_orm.connecting import aconnect, connect
from attio_orm.connection import Connection
from attio_orm.errors import (
    APIError,
    AsyncReceiverError,
    AttioError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ConnectionFailedError,
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
)
from attio_orm.models.entries import ListEntry
from attio_orm.models.model import Model
from attio_orm.models.standard import Company, Deal, Person, User, Workspace
from attio_orm.query.including import Include
from attio_orm.query.manager import Manager
from attio_orm.query.q import Q
from attio_orm.query.query import FetchMode
from attio_orm.query.queryset import QuerySet
from attio_orm.query.reaching import through
from attio_orm.query.searching import asearch, search

__all__ = [
    "APIError",
    "AsyncReceiverError",
    "AttioError",
    "AuthenticationError",
    "BadRequestError",
    "Company",
    "ConflictError",
    "Connection",
    "ConnectionFailedError",
    "Deal",
    "DoesNotExist",
    "FetchMode",
    "ForbiddenError",
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
    "OutcomeUnknownError",
    "Person",
    "Q",
    "QuerySet",
    "QueryTooComplexError",
    "RateLimitError",
    "ReadOnlyAttributeError",
    "RequestTimeoutError",
    "SchemaDriftError",
    "SchemaDriftWarning",
    "ServerError",
    "StaleRecordError",
    "TransportError",
    "UniquenessConflictError",
    "UnknownAttributeError",
    "UnsupportedLookup",
    "User",
    "ValidationError",
    "Workspace",
    "aconnect",
    "asearch",
    "connect",
    "search",
    "through",
]
