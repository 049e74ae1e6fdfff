"""The sandbox in process: what ``connect("sandbox://")`` opens, and the handle tests use."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from attio_orm.connection.addresses import Address
from attio_orm.connection.base import BaseConnection
from attio_orm.connection.sessions import now
from attio_orm.errors import ValidationError
from attio_orm.models.registry import registry
from attio_orm.records.base import mapper_of
from attio_orm.testing.backend import SandboxBackend
from attio_orm.testing.defining import define_models
from attio_orm.transport import ApiKey, Backend, Limiter, RateLimiter
from attio_orm.transport.tokens import HiddenKey, hidden
from attio_sandbox import Clock, Workspace, WorkspaceFileError

if TYPE_CHECKING:
    from attio_orm.models.connection import Connection
    from attio_orm.models.model import Model
    from attio_sandbox import Planted, Recorded, WebhookDelivery
    from attio_sandbox.faults import Broken, Matcher
    from attio_sandbox.workspace import Seed

_NAME = "sandbox"


class SandboxHandle:
    """A workspace in this process, beside its connection: define, fill, watch, break.

    ``requests`` lists what the workspace was asked (method, path, json, status), ``clock`` is the
    time it lives in, ``workspace`` the sandbox itself.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.backend: Backend = SandboxBackend(workspace)
        self._connection: Connection | None = None

    def attach(self, connection: Connection) -> None:
        """Let this handle and the connection know each other."""
        self._connection = connection
        connection.attached[_NAME] = self

    def address(
        self,
        url: str,
        api_key: ApiKey | HiddenKey | None,
        limits: Literal["auto"] | RateLimiter | None,
        transport: Backend | None,
    ) -> Address:
        """How a connection reaches the workspace; it is paced where the workspace is."""
        # "auto" waits for nothing here, unless the sandbox itself refuses what comes too fast
        pacing = limits if not isinstance(limits, str) else None
        if isinstance(limits, str) and "limits" in sandbox_options(url):
            pacing = Limiter()
        key = hidden(self.token if api_key is None else api_key)
        return Address(transport or self.backend, url, key, pacing)

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
        return self.workspace.webhooks.deliveries

    def add_member(self, email: str, *, first_name: str = "", last_name: str = "") -> str:
        """Add a workspace member; gives the id."""
        return self.workspace.setup.add_member(email, first_name=first_name, last_name=last_name)

    def add_token(
        self, scopes: Iterable[str] = (), name: str | None = None, *, member: str | None = None
    ) -> str:
        """Add an access token with these scopes alone (``"note:read-write"``); gives the token.

        With ``member``, an id or an e-mail address, it is a user-level token, which acts for them.
        Raises ``ValueError`` for an unknown scope or member.
        """
        level: Literal["workspace", "user"] = "workspace" if member is None else "user"
        return self.workspace.access.add_token(scopes, name, level=level, member=member)

    def add_view(
        self,
        slug: str,
        title: str,
        filter: Mapping[str, object],
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
        fault: int | Broken,
        *,
        times: int = 1,
        retry_after: str | int | None = None,
        match: Matcher = None,
        seconds: float = 1.0,
    ) -> None:
        """Let the next requests fail, in one of these ways.

        ``fault`` is a status, ``"drop_before"`` or ``"drop_after"`` the work is done, the body:
        ``"truncate"``, ``"html"``, ``"empty"``, ``"malformed"``, what takes ``seconds``:
        ``"latency"``, ``"slow_body"``, or ``"write_conflict"``: another request changed the record.
        ``match`` picks the requests: ``"POST /v2/objects/people"`` (a prefix), a regular expression
        of ``"METHOD /path"``, or a callable of method and path.
        """
        self.workspace.faults.fail_next(
            fault, times=times, retry_after=retry_after, match=match, seconds=seconds
        )

    def fail(
        self,
        fault: int | Broken,
        *,
        share: float = 1.0,
        seed: int = 0,
        retry_after: str | int | None = None,
        match: Matcher = None,
        seconds: float = 1.0,
    ) -> None:
        """Let a share (0 to 1) of all requests fail until ``heal()``; the same ones each run.

        ``seed`` chooses which; the rest is as in ``fail_next()``.
        """
        self.workspace.faults.fail(
            fault, share=share, seed=seed, retry_after=retry_after, match=match, seconds=seconds
        )

    def heal(self) -> None:
        """Forget all faults."""
        self.workspace.faults.heal()

    def reply_next(
        self, json: Any, *, status: int = 200, match: Matcher = None, times: int = 1
    ) -> None:
        """Answer the next requests with this body, whatever they ask; nothing is done.

        ``match`` picks the requests, as in ``fail_next()``. Raises ``ValueError`` for what cannot
        be an answer.
        """
        self.workspace.faults.reply_next(json, status=status, match=match, times=times)

    def reset(self) -> None:
        """Go back to the workspace as it was made, its seed included; the token stays.

        Faults, ``requests`` and ``deliveries`` are forgotten, and the clock goes by real time. What
        ``define()`` made is gone: call it again.
        """
        self.workspace.reset()
        self._forget()

    def seed(self, seed: Seed) -> list[Planted]:
        """Fill it: with ``"crm"`` anew, or with what a mapping holds beside what is there.

        ``{"records": {"companies": [{"$id": "acme", "name": "Acme"}], "people": [{"name": "Ada",
        "company": {"$ref": "acme"}}]}}``; gives what was made, each with its ``id``. Raises
        ``SeedError``, a ``ValueError``, for what is refused; then nothing of it is stored.
        """
        planted = self.workspace.seed(seed)
        self._forget()
        return planted

    def snapshot(self) -> bytes:
        """All that the workspace holds, for ``restore()``, of this one or another."""
        return self.workspace.snapshot()

    def restore(self, snapshot: bytes) -> None:
        """Go back to a snapshot; the token, faults, ``requests`` and the clock stay.

        Raises ``SnapshotError``, a ``ValueError``, for bytes that are not a snapshot.
        """
        self.workspace.restore(snapshot)
        self._forget()

    def _forget(self) -> None:
        if self._connection is not None:
            # what was asked for is of a workspace that is no longer there
            self._connection.schema.forget()
            self._connection.outdated_at = now()
            if self._connection.cache is not None:
                self._connection.cache.clear()
            for model in registry.declared():
                self._connection.mapping.forget_checked(model)
            self._connection.mapping.assume_checked(registry.declared())

    def shuffle_ties(self) -> None:
        """From now on give rows that sort alike in another order each time, as Attio may.

        A test that still passes depends on no order but the one it asks for.
        """
        self.workspace.shuffle_ties = True

    def define(self, *models: type[Model]) -> None:
        """Make the objects, attributes and options that these models declare, where they lack.

        Raises a ``ValidationError`` that names what Attio would refuse; then nothing is made.
        """
        define_models(self.workspace, models)
        if self._connection is not None:
            for model in models:  # what was asked for before is out of date now
                self._connection.schema.forget(mapper_of(model).object)
                self._connection.mapping.forget_checked(model)

    def __repr__(self) -> str:
        return f"<sandbox {self.workspace.slug}>"


def handle_of(connection: BaseConnection) -> SandboxHandle | None:
    """The handle of the workspace that a connection leads to, where it is in this process."""
    handle = connection.attached.get(_NAME)
    return handle if isinstance(handle, SandboxHandle) else None


def open_sandbox(
    url: str,
    *,
    token: str | None = None,
    seed: Seed | None = None,
    data: str | os.PathLike[str] | None = None,
) -> SandboxHandle:
    """The workspace of a ``sandbox:`` address: in memory, or in a file.

    ``?seed=crm`` fills a new one, ``?limits=attio`` paces it as Attio does, ``?enrichment=on``
    links people to companies by e-mail domain, ``?ties=shuffled`` gives rows that sort alike in
    another order each time, ``?reserved_emails=allow`` takes e-mail addresses of people that nobody
    can have, as those under ``.test``, ``?billing_plan=enterprise`` has what only that plan has.
    ``token``, ``seed`` and the file ``data`` may be given beside the address. Raises
    ``ValidationError``.
    """
    parts = urlsplit(url)
    if parts.netloc:
        raise ValidationError(
            f"{url!r} names a host, and the sandbox runs in this process: use sandbox:// for one "
            f"in memory, sandbox:///{parts.netloc}{parts.path} for the file "
            f"{parts.netloc}{parts.path}."
        )
    if (parts.path and not parts.path.startswith("/")) or parts.fragment:
        raise ValidationError(
            f"{url!r} is not a valid sandbox address: use sandbox:///crm.db for a file (a # in its "
            "name is written %23), or sandbox:// for a workspace in memory."
        )
    options = sandbox_options(url)
    path = unquote(parts.path)[1:] or None  # sandbox:///a.db is relative, sandbox:////a.db is not
    if path is None and parts.path:
        raise ValidationError(
            f"{url!r} names no file: use sandbox:///crm.db for one, or sandbox:// for a workspace "
            "in memory."
        )
    for name, given, known in (("seed", seed, options.get("seed")), ("data", data, path)):
        if given is not None and known is not None:
            raise ValidationError(f"{url!r} says what {name}={given!r} says too: give one of them.")
    if token is not None and not isinstance(token, str):  # callers without a type checker
        raise ValidationError(f"token is a text, not {type(token).__name__}.")
    try:
        workspace = Workspace(
            path if data is None else data,
            seed=options.get("seed") if seed is None else seed,
            token=token,
            limits=options.get("limits"),
            enrichment=options.get("enrichment") == "on",
            reserved_emails=options.get("reserved_emails"),
            billing_plan=options.get("billing_plan"),
        )
    except (WorkspaceFileError, ValueError) as error:
        raise ValidationError(f"{url!r} cannot be opened: {error}") from error
    workspace.shuffle_ties = "ties" in options
    return SandboxHandle(workspace)


_CHOICES = {
    "seed": ("crm", "empty"),
    "limits": ("attio",),
    "enrichment": ("on", "off"),
    "ties": ("shuffled",),
    "reserved_emails": ("allow",),
    "billing_plan": ("enterprise",),
}


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
