"""A workspace that is new: its token, its owner, what Attio brings, and the made-up CRM."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from attio_sandbox.ids import Ids
from attio_sandbox.images import find_image
from attio_sandbox.resources.registry import RESOURCES, TABLES
from attio_sandbox.schema import Catalog
from attio_sandbox.schema.catalog import create_schema
from attio_sandbox.schema.schema import Schema
from attio_sandbox.seeding import START, Seeding
from attio_sandbox.storage import Database
from attio_sandbox.timestamps import format_timestamp


class _Filled:
    # The made-up CRM as this process first found or made it: a test run opens hundreds.
    image: bytes | None = None


def bootstrap(database: Database, now: datetime, seed: str | None) -> bool:
    """Make the workspace of a new database, filled where `seed` says so; tell whether it is new."""
    if seed == "crm":
        return _fill(database, now)
    with database.transaction(writes=True):
        # Looked at inside, as other processes may be opening the same new file.
        is_new = _is_new(database)
        if is_new:
            _create(database, Ids(), now, Ids.token()).add_system_activity()
        else:
            _complete(database, now)
    return is_new


def prepare(tell: Callable[[], object] = lambda: None) -> None:
    """Have the filled workspace at hand; `tell` is called where it must be made, which takes long.

    In an installed package it never must, in a clone at its first use.
    """

    def make() -> bytes:
        tell()
        return make_image()

    if _Filled.image is None:
        _Filled.image = find_image(make)


def make_image() -> bytes:
    """Tell the made-up CRM, and give the database of it; the token is left to who opens it."""
    database = Database(None, TABLES)
    with database.transaction(writes=True):
        catalog = _create(database, Ids("attio-orm crm"), START, token="")
        seeding = Seeding(catalog)
        # In the order of the registry, which is part of what makes it the same each time.
        for resource in RESOURCES:
            if resource.seed is not None:
                resource.seed(seeding)
        # Last, so that what was made of the same ids before there were activities has them still.
        catalog.add_system_activity()
    database.run("VACUUM")  # pages that are packed, and nothing between them
    image = database.image()
    database.close()
    return image


def _fill(database: Database, now: datetime) -> bool:
    if database.path is None:
        database.restore(_image())
        _renew_token(database)
        return True
    if not _is_new(database):  # most files are not, and need no image
        with database.transaction(writes=True):
            _complete(database, now)
        return False
    with database.beside(_image()), database.transaction(writes=True):
        is_new = _is_new(database)
        if is_new:
            database.take_over()
            _renew_token(database)
    return is_new


def _image() -> bytes:
    prepare()
    assert _Filled.image is not None
    return _Filled.image


def _complete(database: Database, now: datetime) -> None:
    """Give a file of the time before there were activities the one that Attio has."""
    if database.row("SELECT 1 FROM activity_bases") is None:
        Catalog(Schema(database), Ids(), format_timestamp(now)).add_system_activity()


def _is_new(database: Database) -> bool:
    return database.row("SELECT 1 FROM meta") is None


def _renew_token(database: Database) -> None:
    # Records may be the same in all workspaces; the token may not.
    with database.transaction(writes=True):
        database.run("UPDATE meta SET value = ? WHERE key = 'token'", (Ids.token(),))


def _create(database: Database, ids: Ids, now: datetime, token: str) -> Catalog:
    return create_schema(
        database, ids, format_timestamp(now), slug="sandbox", name="Sandbox", token=token
    )
