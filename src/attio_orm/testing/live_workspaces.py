"""``live()``: tests against a workspace of Attio itself, which is left as it was found."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager, suppress
from secrets import token_hex
from typing import Any, Final, cast

import msgspec
from msgspec import Struct

from attio_orm.conditions.q import Q
from attio_orm.connecting import connect
from attio_orm.connection.settings import Settings
from attio_orm.errors import AttioError, NotConnectedError, NotFoundError, ValidationError
from attio_orm.guards import is_list
from attio_orm.models.connection import Connection
from attio_orm.records.base import Record, mapper_of, state_of
from attio_orm.records.rows import endpoint_of
from attio_orm.transport import Backend, WireRequest, WireResponse

VARIABLE: Final = "ATTIO_TEST_API_KEY"

_ONE: Final = r"[^/]+"
# What a POST to this path makes: the name of its id, and where a DELETE takes it, if elsewhere.
_MADE: Final = (
    (rf"/v2/objects/{_ONE}/records", "record_id"),
    (rf"/v2/lists/{_ONE}/entries", "entry_id"),
    (rf"/v2/activities/{_ONE}/records", "record_id"),
    (rf"/v2/meetings/{_ONE}/call_recordings", "call_recording_id"),
    (r"/v2/notes", "note_id"),
    (r"/v2/tasks", "task_id"),
    (r"/v2/comments", "comment_id"),
    (r"/v2/webhooks", "webhook_id"),
    (r"/v2/meetings", "meeting_id"),
    (r"/v2/files(/upload)?", "file_id"),
    (r"/v2/objects", "object_id"),
    (r"/v2/activities", "activity_id"),
)
_MERGED: Final = re.compile(rf"(/v2/objects/{_ONE}/records)/merge")


class LiveWorkspace:
    """A real workspace under test: what is made through its connection is deleted at the end.

    ``connection`` is the current one inside the block. ``made`` are the paths of what will be
    deleted, oldest first. What was found by an upsert may have been there before: ``track()`` says
    that it is the test's own.
    """

    def __init__(self, connection: Connection, prefix: str) -> None:
        self.connection = connection
        self.prefix = prefix
        self._made: dict[str, None] = {}
        self._lock = threading.Lock()

    @property
    def made(self) -> list[str]:
        """The paths of what is to be deleted, oldest first."""
        with self._lock:
            return list(self._made)

    def name(self, text: str = "") -> str:
        """A name that nobody else has, such as ``"t-3fa2c1 Acme"``; ``leftovers`` finds it."""
        return f"{self.prefix}{token_hex(3)} {text}".rstrip()

    def track(self, record: Record) -> None:
        """Delete this record or entry at the end as well.

        Raises ``ValidationError`` where it is not saved.
        """
        record_id = state_of(record).id
        if record_id is None:
            raise ValidationError("It is not saved yet, so there is nothing to delete: save first.")
        self._note(f"{endpoint_of(mapper_of(type(record)).object).path}/{record_id}")

    def delete_all(self) -> None:
        """Delete what was made, the newest first; what is gone already is passed over.

        Raises ``AttioError``, which names what is left, after all was tried.
        """
        failures: list[tuple[str, AttioError]] = []
        for path in reversed(self.made):
            try:
                with suppress(NotFoundError):
                    self.connection.request("DELETE", path)
            except AttioError as error:
                failures.append((path, error))
        if failures:
            left = "".join(f"\n  {path}: {error}" for path, error in failures)
            raise AttioError(
                f"{len(failures)} of what the test made could not be deleted, and is left in the "
                f"workspace:{left}"
            ) from failures[0][1]

    # -- what the requests tell -------------------------------------------------------------------

    def watch(self, request: WireRequest, response: WireResponse) -> None:
        """Note what a request made, and forget what it deleted."""
        path = request.path.partition("?")[0]
        if not 200 <= response.status < 300:
            return
        if request.method == "DELETE":
            with self._lock:
                self._made.pop(path, None)
        elif request.method == "POST":
            made = _made_by(path, response.body)
            if made is not None:
                self._note(made)

    def _note(self, path: str) -> None:
        with self._lock:
            self._made[path] = None

    def __repr__(self) -> str:
        return f"<live workspace, {len(self.made)} made>"


def _made_by(path: str, body: bytes) -> str | None:
    """The path of what a POST made."""
    merged = _MERGED.fullmatch(path)
    found = next((each for each in _MADE if re.fullmatch(each[0], path)), None)
    if merged is None and found is None:
        return None
    try:
        data = cast("dict[str, Any]", msgspec.json.decode(body)["data"])
        if merged is not None:
            return f"{merged[1]}/{data['new_record_id']}"
        assert found is not None
        return f"{path.removesuffix('/upload')}/{data['id'][found[1]]}"
    except (msgspec.DecodeError, LookupError, TypeError):
        return None  # not a valid answer, of which the caller is told


class _Watched:
    """A backend whose answers are told to a live workspace."""

    def __init__(self, backend: Backend, workspace: LiveWorkspace) -> None:
        self._backend = backend
        self._workspace = workspace

    def send(self, request: WireRequest, /) -> WireResponse:
        response = self._backend.send(request)
        self._workspace.watch(request, response)
        return response

    async def asend(self, request: WireRequest, /) -> WireResponse:
        response = await self._backend.asend(request)
        self._workspace.watch(request, response)
        return response

    def close(self) -> None:
        self._backend.close()

    async def aclose(self) -> None:
        await self._backend.aclose()


@contextmanager
def live(prefix: str = "t-") -> Generator[LiveWorkspace]:
    """A connection to the workspace of ``ATTIO_TEST_API_KEY``; what is made is deleted at the end.

    The newest goes first, also where the block fails. ``ATTIO_API_KEY`` is never used, so that no
    test meets the workspace that is worked with; ``ATTIO_BASE_URL`` leads elsewhere, such as to a
    served sandbox. ``prefix`` begins the names of ``name()``. Raises ``NotConnectedError`` without
    a token, and ``AttioError`` for what could not be deleted.
    """
    with _connected(prefix) as connection:
        workspace = LiveWorkspace(connection, prefix)
        connection.transport.backend = _Watched(connection.transport.backend, workspace)
        try:
            yield workspace
        except BaseException as error:
            try:
                workspace.delete_all()
            except AttioError as left:
                error.add_note(str(left))  # what failed first is what the test is about
            raise
        workspace.delete_all()


def _connected(prefix: str, url: str | None = None, profile: str | None = None) -> Connection:
    if not prefix:
        raise ValidationError('prefix is what the names of test data begin with, such as "t-".')
    if profile is not None:
        return connect(profile=profile) if url is None else connect(url, profile=profile)
    if url is not None and url.startswith("sandbox:"):
        return connect(url)  # has a token of its own
    key = os.environ.get(VARIABLE)
    if not key:
        raise NotConnectedError(
            f"There is no workspace to test in: set {VARIABLE} to the token of one that nobody "
            f"works with."
        )
    settings = Settings(url=url, api_key=key)
    del key  # tools print the locals of each frame; settings hide it
    return connect(settings=settings)


# -- what a killed run left ------------------------------------------------------------------------


class Leftover(Struct, frozen=True):
    """Something that a test made and nobody deleted: its kind, what it is called, and its path.

    ``connection.request("DELETE", leftover.path)`` deletes it.
    """

    kind: str
    name: str
    path: str


_NAMES: Final = frozenset({"text", "personal-name", "email-address", "domain"})


def leftovers(
    prefix: str = "t-", *, url: str | None = None, profile: str | None = None
) -> list[Leftover]:
    """What a killed run left in the workspace of ``ATTIO_TEST_API_KEY``: by names of ``name()``.

    Records of all objects by their names and unique texts, notes by their titles, tasks by their
    texts. Nothing is deleted. ``url`` and ``profile`` name another workspace, as ``connect()``
    takes them; a profile has a token of its own. Raises ``ValidationError`` without a prefix,
    ``NotConnectedError`` without a token. ``attio-orm doctor --leftovers t-`` prints it.
    """
    named = re.compile(rf"{re.escape(prefix)}[0-9a-f]{{6}}\b")
    with _connected(prefix, url, profile) as connection:
        found: list[Leftover] = []
        for each in connection.api.objects.list():
            found += _records(connection, str(each["api_slug"]), prefix, named)
        for kind, key, size in (("notes", "title", 50), ("tasks", "content_plaintext", 500)):
            resource: Any = getattr(connection.api, kind)
            offset = 0
            while rows := resource.list(limit=size, offset=offset):
                found += [
                    Leftover(kind, row[key], f"/v2/{kind}/{row['id'][f'{kind[:-1]}_id']}")
                    for row in rows
                    if named.match(row.get(key) or "")
                ]
                offset += len(rows)
        return found


def _records(
    connection: Connection, slug: str, prefix: str, named: re.Pattern[str]
) -> list[Leftover]:
    model = connection.model(slug)
    names = [
        attribute.slug
        for attribute in connection.schema.fetch(slug).attributes.values()
        if attribute.type in _NAMES
        and attribute.slug != "record_id"
        and (attribute.is_unique or attribute.slug == "name")
        and not attribute.is_archived
    ]
    if not names:
        return []
    condition = Q()
    for name in names:
        condition |= Q(**{f"{name}__startswith": prefix})
    found: list[Leftover] = []
    for record in model.objects.filter(condition).iterator():
        values = [record[name] for name in names]
        texts = [str(text) for value in values for text in _each(value)]
        said = next((text for text in texts if named.match(text)), None)
        if said is not None:
            found.append(Leftover(slug, said, f"{endpoint_of(slug).path}/{record.id}"))
    return found


def _each(value: object) -> Iterable[object]:
    return value if is_list(value) else (value,)
