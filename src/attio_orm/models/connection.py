"""``Connection``: a workspace together with the models that are mapped to it."""

from __future__ import annotations

from typing import cast

from attio_orm.connection.addresses import Address
from attio_orm.connection.base import BaseConnection
from attio_orm.effects import Operation, async_twin, sync_method
from attio_orm.models.drift import Drift
from attio_orm.models.entries import ListEntry
from attio_orm.models.extensions import ConnectionExtensions
from attio_orm.models.mapping import WorkspaceMapping
from attio_orm.models.model import Model
from attio_orm.records.base import OnDrift
from attio_orm.schema.definitions import LISTS
from attio_orm.transport.error_handlers import OnError
from attio_orm.transport.retries import Retry


class Connection(ConnectionExtensions, BaseConnection):
    """One workspace. Made by ``connect()``; safe to share between threads, tasks and event loops.

    ``schema`` is what is known of the workspace, ``api`` reaches every endpoint, ``sandbox`` is the
    handle of a sandbox in this process (``None`` elsewhere). ``with`` and ``async with`` close it
    at the end.
    """

    mapping: WorkspaceMapping  # the way to models for the rooms below, which import none

    def __init__(
        self,
        address: Address,
        *,
        timeout: float,
        max_attempts: int,
        on_drift: OnDrift,
        deadline: float | None = None,
        retry: Retry | None = None,
        on_error: OnError | None = None,
    ) -> None:
        super().__init__(
            address, timeout=timeout, max_attempts=max_attempts, deadline=deadline, retry=retry,
            on_error=on_error,
        )  # fmt: skip
        self.mapping = WorkspaceMapping(self, on_drift)  # pyright: ignore[reportIncompatibleMethodOverride]
        self.schema.declarations = self.mapping

    def model(self, object: str) -> type[Model]:
        """The model of an object: the one that is declared or ships, else one made for the slug."""
        return cast("type[Model]", self.mapping.model(object))

    def entries(self, list: str) -> type[ListEntry]:
        """The model of a list's entries: the one that is declared, else one made for the slug."""
        return cast("type[ListEntry]", self.mapping.model(LISTS + list))

    @sync_method
    def drift(self, model: type[Model]) -> Operation[list[Drift]]:
        """How a declared model and the workspace differ: what, and the edit to make.

        Raises ``NotFoundError`` where the workspace lacks the object.
        """
        return self.mapping.drift(model)

    adrift = async_twin(drift)
