"""A workspace that is new: its token, its owner, what Attio brings, and the made-up CRM."""

from __future__ import annotations

from datetime import datetime

from attio_sandbox.ids import Ids
from attio_sandbox.resources.registry import RESOURCES
from attio_sandbox.schema.catalog import Catalog, create_schema
from attio_sandbox.schema.schema import Schema
from attio_sandbox.seeding import START, Seeding
from attio_sandbox.storage import Database
from attio_sandbox.timestamps import format_timestamp


class _Filled:
    # The made-up CRM as it was first made in this process: making it anew takes a second, and a
    # test run opens hundreds.
    image: bytes | None = None


def bootstrap(database: Database, now: datetime, seed: str | None) -> bool:
    """Make the workspace of a new database, filled where `seed` says so; tell whether it is new."""
    is_kept = seed == "crm" and database.path is None
    if is_kept and _Filled.image is not None:
        database.restore(_Filled.image)
        # Records may be the same in all workspaces of a process; the token may not.
        with database.transaction(writes=True):
            database.run("UPDATE meta SET value = ? WHERE key = 'token'", (Ids.token(),))
        return True
    with database.transaction(writes=True):
        # Looked at inside, as other processes may be opening the same new file.
        is_new = database.row("SELECT 1 FROM meta") is None
        if is_new:
            _make(database, now, seed)
        elif database.row("SELECT 1 FROM activity_bases") is None:
            # A file of the time before there were activities.
            Catalog(Schema(database), Ids(), format_timestamp(now)).add_system_activity()
    if is_kept:
        _Filled.image = database.image()
    return is_new


def _make(database: Database, now: datetime, seed: str | None) -> None:
    is_filled = seed == "crm"
    catalog = create_schema(
        database,
        Ids("attio-orm crm" if is_filled else None),
        format_timestamp(START if is_filled else now),
        slug="sandbox",
        name="Sandbox",
        token=Ids.token(),
    )
    if is_filled:
        # In the order of the registry, which is part of what makes it the same each time.
        seeding = Seeding(catalog)
        for resource in RESOURCES:
            if resource.seed is not None:
                resource.seed(seeding)
    # Last, so that what was made of the same ids before there were activities has them still.
    catalog.add_system_activity()
