"""SQL over objects and lists: SELECT alone, answered by DuckDB from a copy of the records."""

from attio_sandbox.requests import Resource, Route
from attio_sandbox.resources.sql.handlers import run_sql

_READ = ("record_permission:read", "object_configuration:read")
RESOURCE = Resource(
    # Two a second (facts.md 10).
    routes=(Route("POST", "/v2/sql", run_sql, scopes=_READ, each_second=2),)
)
