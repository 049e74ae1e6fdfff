"""Records of objects: queries, search, writes, the values of one attribute, merges."""

from functools import partial

from attio_sandbox.records import documents, pending
from attio_sandbox.requests import Resource, Route
from attio_sandbox.resources.records import handlers, merges, queries, rows, values
from attio_sandbox.resources.records.seed import seed

# PATCH adds to attributes of several values, PUT overwrites them (facts.md 6).
_ADD = partial(handlers.change_record, overwrite=False)
_OVERWRITE = partial(handlers.change_record, overwrite=True)
_ALL = "/v2/objects/{object}/records"
_ONE = f"{_ALL}/{{record_id}}"
_VALUES = f"{_ONE}/attributes/{{attribute}}/values"
_READ = ("record_permission:read", "object_configuration:read")
_WRITE = ("record_permission:read-write", "object_configuration:read")
RESOURCE = Resource(
    routes=(
        Route("POST", "/v2/objects/records/search", handlers.search_records, scopes=_READ),
        Route("POST", f"{_ALL}/query", queries.query, scopes=_READ),
        Route(
            "POST", f"{_ALL}/merge", merges.merge_records, writes=True, scopes=_WRITE, each_second=5
        ),
        Route("POST", _ALL, handlers.create_record, writes=True, scopes=_WRITE),
        Route("PUT", _ALL, handlers.assert_records, writes=True, scopes=_WRITE),
        Route("GET", _ONE, rows.get, scopes=_READ, is_short=True),
        Route("PATCH", _ONE, _ADD, writes=True, scopes=_WRITE),
        Route("PUT", _ONE, _OVERWRITE, writes=True, scopes=_WRITE),
        Route("DELETE", _ONE, rows.delete, writes=True, scopes=_WRITE),
        Route("GET", _VALUES, values.list_values, scopes=_READ),
        Route("PUT", _VALUES, values.write_values, writes=True, scopes=_WRITE),
    ),
    tables=documents.TABLES + pending.TABLES,
    seed=seed,
)
