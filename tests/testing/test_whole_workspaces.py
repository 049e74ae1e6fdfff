"""A workspace as a whole, by its handle: reset, seed, snapshot, restore, answers of one's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from attio_orm import APIError, Company, Model, Person, ValidationError, connect
from attio_orm.attributes import Text
from attio_orm.errors import UnknownAttributeError
from attio_orm.testing import SandboxHandle, sandbox, serve
from attio_sandbox import SeedError, SnapshotError


class Ship(Model):
    name: Text
    flag: Text


@pytest.fixture(params=["process", "http"])
def handle(request: pytest.FixtureRequest) -> Iterator[SandboxHandle]:
    with sandbox() if request.param == "process" else serve() as found:
        yield found


def test_a_reset_and_what_is_defined_again(handle: SandboxHandle) -> None:
    token = handle.token
    for _ in range(2):
        handle.define(Ship)
        Ship.objects.create(name="Beagle", flag="GB")
        assert [each.name for each in Ship.objects.all()] == ["Beagle"]
        handle.reset()
        assert list(handle.requests) == []
        assert handle.token == token
        assert Person.objects.count() == 0


def test_what_a_connection_knew_is_asked_for_again(handle: SandboxHandle) -> None:
    handle.workspace.define_attribute("people", api_slug="shoe", type="text")

    class Anyone(Model, object="people"): ...

    anyone: Any = Anyone.objects.create(shoe="38")
    assert anyone.shoe == "38"
    handle.reset()
    with pytest.raises(UnknownAttributeError):
        Anyone.objects.create(shoe="38")
    handle.workspace.define_attribute("people", api_slug="shoe", type="number")
    handle.connection.schema.forget()
    anyone = Anyone.objects.create(shoe=38)
    assert anyone.shoe == 38


def test_a_token_that_is_no_text() -> None:
    token: Any = 5
    with pytest.raises(ValidationError, match="token is a text, not int"), serve(token=token):
        pass


def test_a_session_does_not_answer_from_before(handle: SandboxHandle) -> None:
    """Within its ttl it answers by itself, though not of a workspace that is no longer there."""
    with handle.connection.session(ttl=3600):
        person = Person.objects.create(name="Byron, Ada", job_title="Engineer")
        snapshot = handle.snapshot()
        person.job_title = "Captain"
        person.save()
        handle.restore(snapshot)
        assert Person.objects.get(id=person.id).job_title == "Engineer"
        assert person.job_title == "Engineer"  # still the object of this record
        handle.reset()
        with pytest.raises(Person.DoesNotExist):
            Person.objects.get(id=person.id)


def test_a_snapshot_and_back(handle: SandboxHandle) -> None:
    Person.objects.create(name="Byron, Ada")
    handle.define(Ship)
    snapshot = handle.snapshot()
    handle.reset()
    assert Person.objects.count() == 0
    handle.restore(snapshot)
    assert [str(each.name) for each in Person.objects.all()] == ["Ada Byron"]
    assert Ship.objects.create(name="Beagle").name == "Beagle"
    with pytest.raises(SnapshotError, match="not a snapshot"):
        handle.restore(b"")


def test_a_seed(handle: SandboxHandle) -> None:
    planted = handle.seed(
        {
            "records": {
                "people": [{"name": "Byron, Ada", "company": {"$ref": "acme"}}],
                "companies": [{"$id": "acme", "name": "Acme"}],
            }
        }
    )
    ada = Person.objects.get(id=planted[0].id)
    assert ada.company is not None
    assert ada.company.name == "Acme"
    handle.seed("crm")
    assert Person.objects.get(email_addresses="ada@lovelace.dev").name == "Ada Lovelace"
    with pytest.raises(SeedError, match="record 1"):
        handle.seed({"records": {"ghosts": [{}]}})


def test_answers_of_ones_own(handle: SandboxHandle) -> None:
    company = Company.objects.create(name="Acme")
    handle.reply_next({"data": []}, match="POST /v2/objects/companies/records/query", times=2)
    for _ in range(2):
        assert list(Company.objects.all()) == []
    assert list(Company.objects.all()) == [company]
    handle.reply_next({"message": "Never heard of it.", "code": "odd"}, status=418)
    with pytest.raises(APIError) as refused:
        handle.connection.request("GET", "/objects")
    assert (refused.value.status, refused.value.code) == (418, "odd")
    handle.reply_next(b"<html>", match="GET")
    answer = handle.workspace.handle("GET", "/v2/objects")
    assert (answer.status, answer.body) == (200, b"<html>")
    handle.reply_next({})
    handle.heal()
    assert Company.objects.count() == 1
    for wrong in ({"json": object()}, {"json": {}, "status": 100}, {"json": {}, "times": 0}):
        with pytest.raises(ValueError, match="answer"):
            handle.reply_next(**wrong)  # type: ignore[arg-type]


class TestServing:
    def test_a_token_and_a_seed(self, tmp_path: Path) -> None:
        file = tmp_path / "seed.json"
        file.write_text(json.dumps({"records": {"companies": [{"name": "Acme"}]}}))
        for seed in ({"records": {"companies": [{"name": "Acme"}]}}, file):
            with serve(token="secret", seed=seed) as server:
                assert server.token == "secret"
                headers = {"authorization": "Bearer secret"}
                answer = httpx.post(f"{server.url}/__sandbox__/reset", headers=headers)
                assert answer.json() == {"token": "secret"}
                assert [each.name for each in Company.objects.all()] == ["Acme"]
        with serve(seed="crm") as server:
            assert server.workspace.count("people") == 3000

    def test_a_file(self, tmp_path: Path) -> None:
        with serve(data=tmp_path / "crm.db", token="secret"):
            Company.objects.create(name="Acme")
        with serve(f"sandbox:///{tmp_path}/crm.db") as server:
            assert (server.token, Company.objects.count()) == ("secret", 1)

    def test_what_contradicts_itself(self, tmp_path: Path) -> None:
        wrong: list[dict[str, Any]] = [
            {"url": "sandbox://?seed=crm", "seed": "empty"},
            {"url": "sandbox:///a.db", "data": tmp_path / "b.db"},
            {"token": "two words"},
            {"seed": {"people": []}},
            {"seed": "big"},
        ]
        for options in wrong:
            with pytest.raises(ValidationError), serve(**options):
                pass


def test_a_plain_connection_has_them_too() -> None:
    with connect("sandbox://") as connection:
        Company.objects.create(name="Acme")
        assert connection.sandbox is not None
        connection.sandbox.reset()
        assert Company.objects.count() == 0
