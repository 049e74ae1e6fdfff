"""The sandbox in process: what ``connect("sandbox://")`` opens, and the handle tests use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import inflection

from attio_orm.errors import ConnectionFailedError, ValidationError
from attio_orm.sandbox import Clock, Dropped, Workspace, WorkspaceFileError
from attio_orm.transport import WireRequest, WireResponse

if TYPE_CHECKING:
    from attio_orm.connection import Connection
    from attio_orm.descriptors import AnyAttribute
    from attio_orm.models.model import Model
    from attio_orm.sandbox.replies import Recorded

Fault = int | Literal["drop_before", "drop_after", "truncate", "html", "empty", "malformed"]


class SandboxBackend:
    """Carries wire requests to a workspace in this process, without a socket."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def send(self, request: WireRequest, /) -> WireResponse:
        """The workspace's answer."""
        parts = urlsplit(request.path)
        try:
            reply = self.workspace.handle(
                request.method,
                parts.path,
                params=dict(parse_qsl(parts.query, keep_blank_values=True)),
                headers=request.headers,
                body=request.body,
            )
        except Dropped as drop:
            raise ConnectionFailedError(
                f"{request.method} {parts.path}: the sandbox dropped the connection, as "
                f"fail_next() told it to. Try again.",
                sent=True,
            ) from drop
        return WireResponse(reply.status, reply.headers, reply.body)

    async def asend(self, request: WireRequest, /) -> WireResponse:
        """The twin of ``send()``; lets other tasks run first, as a network would."""
        from asyncio import sleep

        await sleep(0)
        return self.send(request)

    def close(self) -> None:
        """Close the workspace; one in memory is gone then."""
        self.workspace.close()

    async def aclose(self) -> None:
        """The twin of ``close()``."""
        self.workspace.close()


class SandboxHandle:
    """An embedded workspace beside its connection: define, fill, watch, break.

    ``requests`` lists what the workspace was asked (method, path, json, status), ``clock`` is the
    time it lives in, ``workspace`` the sandbox itself.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.backend = SandboxBackend(workspace)
        self._connection: Connection | None = None

    def attach(self, connection: Connection) -> None:
        """Note the connection this handle belongs to."""
        self._connection = connection

    @property
    def connection(self) -> Connection:
        """The connection to this workspace."""
        assert self._connection is not None
        return self._connection

    @property
    def token(self) -> str:
        """The token that the workspace accepts."""
        return self.workspace.token

    @property
    def requests(self) -> list[Recorded]:
        """What the workspace was asked so far, oldest first; ``requests.clear()`` forgets it."""
        return self.workspace.requests

    @property
    def clock(self) -> Clock:
        """The workspace's clock: ``move(seconds)``, ``set(moment)``, ``freeze()``."""
        return self.workspace.clock

    def add_member(self, email: str, *, first_name: str = "", last_name: str = "") -> str:
        """Add a workspace member; gives the id."""
        return self.workspace.add_member(email, first_name=first_name, last_name=last_name)

    def fail_next(
        self,
        fault: Fault,
        *,
        times: int = 1,
        retry_after: str | int | None = None,
        match: str | Callable[[str, str], bool] | None = None,
    ) -> None:
        """Let the next requests fail, in one of these ways.

        ``fault`` is a status, ``"drop_before"`` or ``"drop_after"`` the work is done, or the body:
        ``"truncate"``, ``"html"``, ``"empty"``, ``"malformed"``.
        ``match`` picks the requests: ``"POST /v2/objects/people"`` (a prefix), a regular expression
        of ``"METHOD /path"``, or a callable of method and path.
        """
        self.workspace.fail_next(fault, times=times, retry_after=retry_after, match=match)

    def define(self, *models: type[Model]) -> None:
        """Make the objects, attributes and options that these models declare, where they lack."""
        objects = self._objects()
        for model in models:
            for slug, singular, plural in _needed_objects(model):
                if slug not in objects:
                    self.workspace.define_object(slug, singular, plural)
                    objects.add(slug)
        for model in models:
            known = self._attributes(model._object)
            for attribute in model._attributes.values():
                if attribute.slug not in known:
                    self._define_attribute(model, attribute)
                elif attribute.options and known[attribute.slug] == attribute.type:
                    self._define_choices(model, attribute)
        if self._connection is not None:
            for model in models:
                self._connection.schema.forget(model._object)
                self._connection.forget_checked(model)

    def _define_attribute(self, model: type[Model], attribute: AnyAttribute) -> None:
        titles: Sequence[str] = attribute.options
        self.workspace.define_attribute(
            model._object,
            api_slug=attribute.slug,
            title=inflection.titleize(attribute.slug),
            type=attribute.type,
            is_multiselect=attribute.is_multi,
            is_required=attribute.is_required,
            is_unique=attribute.is_unique,
            options=titles if attribute.type == "select" else (),
            statuses=titles if attribute.type == "status" else (),
            allowed_objects=list(attribute.allowed_objects) or None,
            currency=attribute.currency or "USD",
        )

    def _define_choices(self, model: type[Model], attribute: AnyAttribute) -> None:
        kind = "statuses" if attribute.type == "status" else "options"
        path = f"/v2/objects/{model._object}/attributes/{attribute.slug}/{kind}"
        known = {each["title"] for each in self._ask(f"{path}?show_archived=true")}
        for title in attribute.options:
            if title not in known:
                self._ask(path, {"data": {"title": title}})

    def _ask(self, path: str, body: Any = None) -> Any:
        """The data of an answer, by a request that ``requests`` does not list."""
        from msgspec import json

        parts = urlsplit(path)
        reply = self.workspace.handle(
            "GET" if body is None else "POST",
            parts.path,
            params=dict(parse_qsl(parts.query)),
            headers={"authorization": f"Bearer {self.token}"},
            body=b"" if body is None else json.encode(body),
        )
        self.workspace.requests.pop()
        return json.decode(reply.body)["data"]

    def _objects(self) -> set[str]:
        return {each["api_slug"] for each in self._ask("/v2/objects")}

    def _attributes(self, object: str) -> dict[str, str]:
        """The type of each attribute, by slug."""
        found = self._ask(f"/v2/objects/{object}/attributes")
        return {each["api_slug"]: each["type"] for each in found}

    def __repr__(self) -> str:
        return f"<sandbox {self.workspace.slug}>"


def _needed_objects(model: type[Model]) -> Iterable[tuple[str, str, str]]:
    from attio_orm.descriptors import Relation

    yield _names(model)
    for attribute in model._attributes.values():
        if isinstance(attribute, Relation):
            for target in attribute.models():
                yield _names(target)


def _names(model: type[Model]) -> tuple[str, str, str]:
    singular = inflection.titleize(inflection.underscore(model.__name__))
    return model._object, singular, inflection.pluralize(singular)


def open_sandbox(url: str) -> SandboxHandle:
    """The workspace of a ``sandbox:`` address: in memory, or in a file; ``?seed=crm`` fills it."""
    parts = urlsplit(url)
    if parts.netloc:
        raise ValidationError(
            f"{url!r} names a host, and the sandbox runs in this process: use sandbox:// for one "
            f"in memory, sandbox:///{parts.netloc}{parts.path} for the file "
            f"{parts.netloc}{parts.path}."
        )
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    seed: Any = options.pop("seed", None)
    if options:
        raise ValidationError(f"{url!r}: the sandbox takes ?seed=crm, not {', '.join(options)}.")
    if seed not in (None, "crm", "empty"):
        raise ValidationError(f"{url!r}: seed takes crm or empty, not {seed!r}.")
    path = unquote(parts.path)[1:] or None
    try:
        return SandboxHandle(Workspace(path, seed=seed))
    except WorkspaceFileError as error:
        raise ValidationError(f"{url!r} cannot be opened: {error}") from error
