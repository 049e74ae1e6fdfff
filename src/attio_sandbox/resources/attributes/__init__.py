"""Attributes of objects and lists, with their select options and statuses."""

from attio_sandbox.requests import Resource, Route
from attio_sandbox.resources.attributes import handlers, options

_ALL = "/v2/{target:objects|lists}/{identifier}/attributes"
_ONE = f"{_ALL}/{{attribute}}"
_CHOICES = f"{_ONE}/{{kind:options|statuses}}"
# Of a list it is list_configuration: the scopes of a request look at what its path names.
_READ = ("object_configuration:read",)
_WRITE = ("object_configuration:read-write",)
RESOURCE = Resource(
    routes=(
        Route("GET", _ALL, handlers.list_attributes, scopes=_READ),
        Route("POST", _ALL, handlers.create_attribute, writes=True, scopes=_WRITE),
        Route("GET", _ONE, handlers.get_attribute, scopes=_READ),
        Route("PATCH", _ONE, handlers.update_attribute, writes=True, scopes=_WRITE),
        Route("GET", _CHOICES, options.list_options, scopes=_READ),
        Route("POST", _CHOICES, options.create_option, writes=True, scopes=_WRITE),
        Route("PATCH", f"{_CHOICES}/{{option}}", options.update_option, writes=True, scopes=_WRITE),
    )
)
