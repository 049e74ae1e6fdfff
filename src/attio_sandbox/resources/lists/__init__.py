"""Lists of records: list, create, get, update. Nothing in the API deletes one (facts.md 7)."""

from attio_sandbox.requests import Resource, Route
from attio_sandbox.resources.lists.handlers import create_list, get_list, list_lists, update_list
from attio_sandbox.resources.lists.seed import seed

_READ = ("list_configuration:read",)
_WRITE = ("list_configuration:read-write",)
RESOURCE = Resource(
    routes=(
        Route("GET", "/v2/lists", list_lists, scopes=_READ),
        Route("POST", "/v2/lists", create_list, writes=True, scopes=_WRITE),
        Route("GET", "/v2/lists/{list}", get_list, scopes=_READ, is_short=True),
        Route("PATCH", "/v2/lists/{list}", update_list, writes=True, scopes=_WRITE),
    ),
    seed=seed,
)
