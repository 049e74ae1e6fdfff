"""The sandbox in process: what ``connect("sandbox://")`` opens, and the handle tests use."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from attio_orm.defining import define_models
from attio_orm.errors import ConnectionFailedError, NotConnectedError, ValidationError
from attio_orm.sandbox import Clock, Dropped, Workspace, WorkspaceFileError
from attio_orm.transport import WireRequest, WireResponse

if TYPE_CHECKING:
    from attio_orm.connection import Connection
    from attio_orm.models.model import Model
    from attio_orm.sandbox.delivery.messages import WebhookDelivery
    from attio_orm.sandbox.replies import Recorded
    from attio_orm.transport import Backend

Fault = (
    int
    | Literal[
        "drop_before",
        "drop_after",
        "truncate",
        "html",
        "empty",
        "malformed",
        "latency",
        "slow_body",
    ]
)
Match = str | Callable[[str, str], bool] | None


class SandboxBackend:
    """Carries wire requests to a workspace in this process, without a socket."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def send(self, request: WireRequest, /) -> WireResponse:
        """The workspace's answer."""
        response, seconds = self._answer(request)
        if seconds:
            time.sleep(seconds)
        return response

    async def asend(self, request: WireRequest, /) -> WireResponse:
        """The twin of ``send()``; lets other tasks run first, as a network would."""
        import asyncio

        if self.workspace.may_take_time:
            response, seconds = await asyncio.to_thread(self._answer, request)
        else:
            await asyncio.sleep(0)
            response, seconds = self._answer(request)
        if seconds:
            await asyncio.sleep(seconds)
        return response

    def _answer(self, request: WireRequest) -> tuple[WireResponse, float]:
        """The answer, and the seconds that its body takes."""
        parts = urlsplit(request.path)
        try:
            reply = self.workspace.handle(
                request.method,
                parts.path,
                params=dict(parse_qsl(parts.query, keep_blank_values=True)),
                headers=request.headers,
                body=request.body,
            )
        except sqlite3.ProgrammingError as error:
            if "closed" not in str(error):
                raise
            raise NotConnectedError(
                f"{request.method} {parts.path}: the sandbox was closed before this request was "
                f"carried out. connect() again."
            ) from error
        except Dropped as drop:
            raise ConnectionFailedError(
                f"{request.method} {parts.path}: the sandbox dropped the connection, as "
                f"fail_next() told it to. Try again.",
                sent=True,
            ) from drop
        if int(reply.headers.get("content-length", 0)) > len(reply.body):
            raise ConnectionFailedError(
                f"{request.method} {parts.path}: the connection dropped before the whole answer "
                f"came, as fail_next() told the sandbox to. Try again.",
                sent=True,
            )
        return WireResponse(reply.status, reply.headers, reply.body), reply.spread

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
        self.backend: Backend = SandboxBackend(workspace)
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

    @property
    def deliveries(self) -> list[WebhookDelivery]:
        """What was delivered to webhooks so far, oldest first, with what each target answered."""
        return self.workspace.deliveries

    def add_member(self, email: str, *, first_name: str = "", last_name: str = "") -> str:
        """Add a workspace member; gives the id."""
        return self.workspace.add_member(email, first_name=first_name, last_name=last_name)

    def add_token(self, scopes: Iterable[str] = (), name: str | None = None) -> str:
        """Add an access token with these scopes alone (``"note:read-write"``); gives the token.

        Raises ``ValueError`` for an unknown scope.
        """
        return self.workspace.add_token(scopes, name)

    def add_view(
        self,
        slug: str,
        title: str,
        filter: Mapping[str, Any],
        *,
        target: Literal["objects", "lists"] = "objects",
    ) -> str:
        """Save a view of an object or list with a filter in Attio's form; gives the id.

        Raises ``ValueError`` for a filter that Attio would refuse.
        """
        return self.workspace.add_view(slug, title, filter, target=target)

    def receive(
        self, target_url: str, receiver: Callable[[WebhookDelivery], int]
    ) -> Callable[[], None]:
        """Call ``receiver`` for webhooks whose target begins with ``target_url``.

        It gets a ``WebhookDelivery`` and gives the status that the target answers with. Calling
        what this gives ends it.
        """
        return self.workspace.receive(target_url, receiver)

    def fail_next(
        self,
        fault: Fault,
        *,
        times: int = 1,
        retry_after: str | int | None = None,
        match: Match = None,
        seconds: float = 1.0,
    ) -> None:
        """Let the next requests fail, in one of these ways.

        ``fault`` is a status, ``"drop_before"`` or ``"drop_after"`` the work is done, the body:
        ``"truncate"``, ``"html"``, ``"empty"``, ``"malformed"``, or what takes ``seconds``:
        ``"latency"``, ``"slow_body"``.
        ``match`` picks the requests: ``"POST /v2/objects/people"`` (a prefix), a regular expression
        of ``"METHOD /path"``, or a callable of method and path.
        """
        self.workspace.fail_next(
            fault, times=times, retry_after=retry_after, match=match, seconds=seconds
        )

    def fail(
        self,
        fault: Fault,
        *,
        share: float = 1.0,
        seed: int = 0,
        retry_after: str | int | None = None,
        match: Match = None,
        seconds: float = 1.0,
    ) -> None:
        """Let a share (0 to 1) of all requests fail until ``heal()``; the same ones each run.

        ``seed`` chooses which; the rest is as in ``fail_next()``.
        """
        self.workspace.fail(
            fault, share=share, seed=seed, retry_after=retry_after, match=match, seconds=seconds
        )

    def heal(self) -> None:
        """Forget all faults."""
        self.workspace.heal()

    def define(self, *models: type[Model]) -> None:
        """Make the objects, attributes and options that these models declare, where they lack."""
        define_models(self.workspace, models)
        if self._connection is not None:
            for model in models:
                self._connection.schema.forget(model._object)
                self._connection.forget_checked(model)

    def __repr__(self) -> str:
        return f"<sandbox {self.workspace.slug}>"


def open_sandbox(url: str) -> SandboxHandle:
    """The workspace of a ``sandbox:`` address: in memory, or in a file.

    ``?seed=crm`` fills a new one, ``?limits=attio`` paces it as Attio does, ``?enrichment=on``
    links people to companies by e-mail domain. Raises ``ValidationError``.
    """
    parts = urlsplit(url)
    if parts.netloc:
        raise ValidationError(
            f"{url!r} names a host, and the sandbox runs in this process: use sandbox:// for one "
            f"in memory, sandbox:///{parts.netloc}{parts.path} for the file "
            f"{parts.netloc}{parts.path}."
        )
    options = sandbox_options(url)
    path = unquote(parts.path)[1:] or None
    if path is None and parts.path:
        raise ValidationError(
            f"{url!r} names no file: use sandbox:///crm.db for one, or sandbox:// for a workspace "
            "in memory."
        )
    try:
        workspace = Workspace(
            path,
            seed=options.get("seed"),
            limits=options.get("limits"),
            enrichment=options.get("enrichment") == "on",
        )
    except WorkspaceFileError as error:
        raise ValidationError(f"{url!r} cannot be opened: {error}") from error
    return SandboxHandle(workspace)


_CHOICES = {"seed": ("crm", "empty"), "limits": ("attio",), "enrichment": ("on", "off")}


def sandbox_options(url: str) -> dict[str, Any]:
    """What follows the ``?`` of a ``sandbox:`` address; ``ValidationError`` for what none takes."""
    options = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    for name, value in options.items():
        if name not in _CHOICES:
            known = ", ".join(f"?{each}={values[0]}" for each, values in _CHOICES.items())
            raise ValidationError(f"{url!r}: the sandbox takes {known}, not {name}.")
        if value not in _CHOICES[name]:
            allowed = " or ".join(_CHOICES[name])
            raise ValidationError(f"{url!r}: {name} takes {allowed}, not {value!r}.")
    return options
