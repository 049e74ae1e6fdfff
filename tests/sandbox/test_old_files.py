"""A workspace file that the first sandbox made still opens, is read and is written to."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from attio_orm import Company, Connection, Deal, Person, connect
from attio_sandbox import Workspace
from tests.sandbox.client import Client, plain

OLD = Path(__file__).parents[1] / "old" / "workspace.db.gz"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A copy of the file, which a test may write to."""
    path = tmp_path / "old.db"
    path.write_bytes(gzip.decompress(OLD.read_bytes()))
    return path


@pytest.fixture
def connection(file: Path) -> Iterator[Connection]:
    with connect(f"sandbox:///{file}") as connection:
        yield connection


@pytest.mark.usefixtures("connection")
def test_its_records_are_read() -> None:
    ada = Person.objects.get(email_addresses="ada@lovelace.dev")
    assert (str(ada.name), ada.job_title) == ("Ada Byron", "Analyst")
    assert ada.phone_numbers == ["+442079460000"]
    assert ada.created_at == datetime(2026, 11, 30, 12, 0, 0, 36_000, tzinfo=UTC)
    assert {str(person.name) for person in Person.objects.all()} == {"Ada Byron", "A Bulk"}
    acme = Company.objects.get(name="Acme")
    assert acme.domains == ["acme.com"]
    assert list(acme.team) == [ada]
    deal = Deal.objects.get(stage="Lead")
    assert (deal.name, deal.value) == ("Engine", 1_250)


def test_it_is_written_to(file: Path, connection: Connection) -> None:
    acme = Company.objects.get(name="Acme")
    bob = Person.objects.create(name="Builder, Bob", email_addresses=["b@acme.com"], company=acme)
    deal = Deal.objects.get(name="Engine")
    deal.stage = "In Progress"
    deal.save()
    assert [value.value for value in deal.history("stage")] == ["Lead", "In Progress"]
    Person.objects.get(name="A Bulk").delete()
    define = connection.sandbox.workspace.define_attribute
    define("deals", api_slug="risk", type="select", options=["High"])
    connection.close()

    workspace = Workspace(file)
    api = Client(workspace)
    at_acme = {
        "path": [["people", "company"], ["companies", "record_id"]],
        "constraints": {"value": str(acme.id)},
    }
    assert str(bob.id) in api.ids("people", at_acme)
    assert len(api.query("people")) == 2
    assert api.ids("deals", {"stage": "In Progress"}) == [str(deal.id)]
    assert plain(api.patch("deals", str(deal.id), risk="High")["values"]["risk"]) == ["High"]
    workspace.close()


def test_it_gains_the_activity_that_attio_brings(file: Path) -> None:
    for _ in range(2):  # made once
        workspace = Workspace(file)
        (found,) = Client(workspace).data("GET", "/v2/activities")
        assert (found["api_slug"], found["is_system_activity"]) == ("phone_calls", True)
        assert len(workspace.look_up("/v2/activities/phone_calls/attributes")) == 3
        workspace.close()
