"""A fresh workspace in memory, its clock stopped, and a bare client of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import Client, record_id

START = datetime(2026, 2, 3, 10, 11, 12, 520_000, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.freeze()
    clock.set(START)
    return clock


@pytest.fixture
def ws(clock: Clock) -> Iterator[Workspace]:
    workspace = Workspace(clock=clock)
    yield workspace
    workspace.close()


@pytest.fixture
def api(ws: Workspace) -> Client:
    return Client(ws)


@pytest.fixture
def acme(api: Client) -> str:
    """A company; its id."""
    return record_id(
        api.create("companies", name="Acme", domains=["acme.test"], categories=["SAAS", "B2B"])
    )


@pytest.fixture
def ada(api: Client, acme: str) -> str:
    """A person of that company; her id."""
    return record_id(
        api.create(
            "people", name="Lovelace, Ada", email_addresses=["ada@acme.example.com"],
            company="acme.test", job_title="VP Sales",
        )
    )  # fmt: skip


@pytest.fixture
def hiring(ws: Workspace) -> str:
    """A list of people with an attribute of each of several types; its id."""
    key = ws.define_list("hiring", "Hiring", "people")

    def define(slug: str, kind: str, **more: Any) -> None:
        ws.define_attribute("hiring", target="lists", api_slug=slug, type=kind, **more)

    define("stage", "status", statuses=["New", "Interview", "Hired"])
    define("tags", "select", is_multiselect=True, options=["a", "b", "c"])
    define("note", "text")
    define("score", "number")
    define("company", "record-reference", allowed_objects=["companies"])
    return key


@pytest.fixture(scope="module")
def crm() -> Iterator[Client]:
    """The made-up CRM, for tests that only read: making it takes a second."""
    workspace = Workspace(seed="crm")
    yield Client(workspace)
    workspace.close()
