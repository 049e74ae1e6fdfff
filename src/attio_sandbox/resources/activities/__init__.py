"""Activities, the kinds of events of a workspace, and their records, the events."""

from functools import partial

from attio_sandbox.requests import Resource, Route
from attio_sandbox.resources.activities import handlers
from attio_sandbox.resources.activities.seed import seed
from attio_sandbox.resources.attributes import handlers as attributes
from attio_sandbox.resources.attributes import options
from attio_sandbox.resources.records import handlers as records
from attio_sandbox.resources.records import rows, values
from attio_sandbox.resources.records.queries import query

_ONE = "/v2/activities/{activity}"
_READ = ("activity_configuration:read",)
_WRITE = ("activity_configuration:read-write",)
_RECORDS = f"{_ONE}/records"
_RECORD = f"{_RECORDS}/{{record_id}}"
# PATCH adds to attributes of several values, PUT overwrites them, as of records (facts.md 2.4).
_MAKE = handlers.within_plan(records.create_record)
_ASSERT = handlers.within_plan(records.assert_records)
_ADD = partial(records.change_record, overwrite=False)
_OVERWRITE = partial(records.change_record, overwrite=True)
_THREE_READS = (
    "activity_configuration:read",
    "object_configuration:read",
    "record_permission:read",
)
_READ_RECORDS = ("activity_record:read", *_THREE_READS)
_WRITE_RECORDS = ("activity_record:read-write", *_THREE_READS)
# The endpoints of attributes take objects and lists alone (facts.md 2.4).
_ATTRIBUTES = "/v2/{target:activities}/{identifier}/attributes"
_ATTRIBUTE = f"{_ATTRIBUTES}/{{attribute}}"
_CHOICES = f"{_ATTRIBUTE}/{{kind:options|statuses}}"
RESOURCE = Resource(
    routes=(
        Route("GET", "/v2/activities", handlers.list_activities, scopes=_READ),
        Route("POST", "/v2/activities", handlers.create_activity, writes=True, scopes=_WRITE),
        Route("GET", _ONE, handlers.get_activity, scopes=_READ),
        Route("PATCH", _ONE, handlers.update_activity, writes=True, scopes=_WRITE),
        Route(
            "DELETE",
            _ONE,
            handlers.delete_activity,
            writes=True,
            scopes=(*_WRITE, "activity_record:read-write"),
        ),
        Route("POST", f"{_RECORDS}/query", query, scopes=_READ_RECORDS),
        Route("POST", _RECORDS, _MAKE, writes=True, scopes=_WRITE_RECORDS),
        Route("PUT", _RECORDS, _ASSERT, writes=True, scopes=_WRITE_RECORDS),
        Route("GET", _RECORD, rows.get, scopes=_READ_RECORDS, is_short=True),
        Route("PATCH", _RECORD, _ADD, writes=True, scopes=_WRITE_RECORDS),
        Route("PUT", _RECORD, _OVERWRITE, writes=True, scopes=_WRITE_RECORDS),
        Route("DELETE", _RECORD, rows.delete, writes=True, scopes=_WRITE_RECORDS),
    ),
    arranging=(
        Route("GET", _ATTRIBUTES, attributes.list_attributes),
        Route("POST", _ATTRIBUTES, attributes.create_attribute, writes=True),
        Route("GET", _ATTRIBUTE, attributes.get_attribute),
        Route("PATCH", _ATTRIBUTE, attributes.update_attribute, writes=True),
        Route("GET", _CHOICES, options.list_options),
        Route("POST", _CHOICES, options.create_option, writes=True),
        # Of the values of one attribute there is none either; the page shows their history.
        Route("GET", f"{_RECORD}/attributes/{{attribute}}/values", values.list_values),
    ),
    seed=seed,
)
