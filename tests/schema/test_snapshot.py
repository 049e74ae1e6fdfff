from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from attio_orm.effects import run
from attio_orm.errors import ValidationError
from attio_orm.schema import Schema
from tests.schema.fakes import FakeWorkspace, an_object, attribute


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "schema.json"


def test_a_snapshot_starts_without_a_request(fake: FakeWorkspace, file: Path) -> None:
    schema = fake.schema
    run(schema.choices("sales", "stage", kind="lists"))
    schema.save(file)
    fake.backend.requests.clear()
    loaded = Schema.load(file, fake.transport)
    assert dict(zip(loaded, map(loaded.get, loaded), strict=True)) == {
        slug: schema[slug] for slug in ("companies", "people")
    }
    assert loaded.get("sales", kind="lists") == schema.get("sales", kind="lists")
    assert run(loaded.ensure("people")) == schema["people"]
    assert run(loaded.choices("people", "level")) == run(schema.choices("people", "level"))
    assert loaded.known_choices("people", "level") == schema.known_choices("people", "level")
    assert run(loaded.options("sales", "stage", kind="lists")) == {"Won 🎉": "s1"}
    assert fake.sent == []


def test_saving_asks_for_what_is_not_known(fake: FakeWorkspace, file: Path) -> None:
    fake.schema.fetch("people")
    fake.backend.requests.clear()
    asyncio.run(fake.schema.asave(str(file)))
    assert sorted(fake.sent) == [  # the options of an archived attribute are left out
        "/v2/objects/companies/attributes?show_archived=true",
        "/v2/objects/people/attributes/level/options?show_archived=true",
    ]


def test_the_same_schema_is_the_same_file(fake: FakeWorkspace, file: Path) -> None:
    fake.schema.save(file)
    first = file.read_bytes()
    again = Schema(fake.transport)
    again.fetch("people")
    again.save(file)
    assert file.read_bytes() == first
    assert first.endswith(b"}\n")
    assert list(file.parent.iterdir()) == [file]


def test_what_came_after_the_snapshot_is_asked_for(fake: FakeWorkspace, file: Path) -> None:
    fake.schema.save(file)
    loaded = Schema.load(file, fake.transport)
    fake.objects.append(an_object("ships", "Ship", "Ships"))
    fake.attributes["ships"] = [attribute("hull")]
    fake.backend.requests.clear()
    assert run(loaded.ensure("ships")).slug == "ships"
    assert run(loaded.ensure("sales", kind="lists")).slug == "sales"
    assert sorted(fake.sent) == [
        "/v2/lists",
        "/v2/lists/sales/attributes?show_archived=true",
        "/v2/objects",
        "/v2/objects/ships/attributes?show_archived=true",
    ]


def test_a_file_that_cannot_be_written_leaves_nothing_behind(
    fake: FakeWorkspace, tmp_path: Path
) -> None:
    with pytest.raises(OSError, match="nowhere"):
        fake.schema.save(tmp_path / "nowhere" / "schema.json")
    taken = tmp_path / "taken"
    taken.mkdir()
    with pytest.raises(OSError, match="taken"):
        fake.schema.save(taken)
    assert list(tmp_path.iterdir()) == [taken]


GOOD = {"format": "attio-orm schema", "version": 1, "known": []}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not a schema snapshot"),
        (b"not json", "is not a schema snapshot"),
        (b"[]", "is not a schema snapshot"),
        (b"{}", "is not a schema snapshot"),
        (b'\xff\xfe{"format"}', "is not a schema snapshot"),
        (b'{"a":' * 100_000, "is not a schema snapshot"),
        (json.dumps(GOOD).encode()[:-9], "is not a schema snapshot"),
        (json.dumps({**GOOD, "known": [{"schema": {}}]}).encode(), "is not a schema snapshot"),
        (json.dumps({**GOOD, "known": None}).encode(), "is not a schema snapshot"),
        (json.dumps({**GOOD, "version": 2}).encode(), "version 2, and this attio-orm reads 1"),
        (json.dumps({**GOOD, "format": "other"}).encode(), "is not a schema snapshot"),
    ],
    ids=range(11),
)
def test_a_bad_file(fake: FakeWorkspace, file: Path, content: bytes, said: str) -> None:
    file.write_bytes(content)
    with pytest.raises(ValidationError) as caught:
        Schema.load(file, fake.transport)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)
    assert "connection.schema.save(" in str(caught.value)


def test_no_file(fake: FakeWorkspace, file: Path, tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="cannot be read: No such file"):
        Schema.load(file, fake.transport)
    with pytest.raises(ValidationError, match="cannot be read: Is a directory"):
        Schema.load(tmp_path, fake.transport)


def test_an_empty_workspace(fake: FakeWorkspace, file: Path) -> None:
    fake.objects.clear()
    fake.schema.save(file)
    assert list(Schema.load(file, fake.transport)) == []
