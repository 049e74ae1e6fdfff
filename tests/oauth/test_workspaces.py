"""Several workspaces in one process: nothing of one reaches the other."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from attio_orm import Company, Connection, Person, ValidationError
from attio_orm.oauth import MemoryTokens, OAuthToken
from attio_orm.testing import ServedSandbox, serve

THREADS = 50


@pytest.fixture
def us(served: ServedSandbox) -> ServedSandbox:
    return served


@pytest.fixture(scope="module")
def eu() -> Iterator[ServedSandbox]:
    with serve() as sandbox:
        yield sandbox


@pytest.fixture
def connections(us: ServedSandbox, eu: ServedSandbox) -> Iterator[dict[str, Connection]]:
    """A connection to each workspace, whose token one store has."""
    store = MemoryTokens()
    store.put("us", OAuthToken(us.token, url=us.url))
    store.put("eu", OAuthToken(eu.token, url=eu.url))
    made = {
        "us": us.connect(api_key=store.provider("us"), on_drift="ignore"),
        "eu": eu.connect(api_key=store.provider("eu"), on_drift="ignore"),
    }
    for sandbox in (us, eu):
        sandbox.reset()
    yield made
    for each in made.values():
        each.close()


def check_apart(us: ServedSandbox, eu: ServedSandbox, ids: dict[str, set[str]]) -> None:
    """No request was refused, which one with a foreign token is, and none names a foreign id."""
    assert ids["us"].isdisjoint(ids["eu"])
    for sandbox, foreign in ((us, ids["eu"]), (eu, ids["us"])):
        asked = sandbox.requests
        assert {each.status for each in asked} == {200}
        text = json.dumps([[each.path, each.params, each.json] for each in asked])
        assert [each for each in foreign if each in text] == []


def test_threads_of_two_workspaces(
    us: ServedSandbox, eu: ServedSandbox, connections: dict[str, Connection]
) -> None:
    ids: dict[str, set[str]] = {"us": set(), "eu": set()}

    def work(number: int) -> None:
        name = ("us", "eu")[number % 2]
        connection = connections[name]
        with connection.active(), connection.session():
            acme = Company.objects.create(name=f"Acme {name} {number}")
            ada = Person.objects.create(name=f"Ada {number}", company=acme)
            ada.job_title = f"of {name}"
            ada.save()
            found = Person.objects.includes("company").get(id=ada.id)
            assert found is ada
            assert found.company is acme
        ids[name] |= {str(acme.id), str(ada.id)}

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))
    check_apart(us, eu, ids)
    for name, connection in connections.items():
        titles = {each.job_title for each in Person.objects.using(connection)}
        assert titles == {f"of {name}"}
        assert Person.objects.using(connection).count() == THREADS // 2


async def test_tasks_of_two_workspaces(
    us: ServedSandbox, eu: ServedSandbox, connections: dict[str, Connection]
) -> None:
    ids: dict[str, set[str]] = {"us": set(), "eu": set()}

    async def work(number: int) -> None:
        name = ("us", "eu")[number % 2]
        connection = connections[name]
        with connection.active(), connection.session():
            ada = await Person.objects.acreate(name=f"Ada {number}", job_title=name)
            found = await Person.objects.aget(id=ada.id)
            assert found.job_title == name
        ids[name].add(str(ada.id))

    await asyncio.gather(*(work(number) for number in range(20)))
    check_apart(us, eu, ids)


def test_using_another_workspace(
    us: ServedSandbox, eu: ServedSandbox, connections: dict[str, Connection]
) -> None:
    with connections["us"].active():
        ada = Person.objects.using(connections["eu"]).create(name="Ada Lovelace")
        assert ada.connection is connections["eu"]
        assert Person.objects.count() == 0
        ada.job_title = "Countess"
        ada.save()  # where it came from, whichever is current
        assert Person.objects.using(connections["eu"]).get().job_title == "Countess"
        us.requests.clear()
        with pytest.raises(ValidationError):
            Company.objects.create(name="Engines", team=[ada])
        assert [each for each in us.requests if each.method == "POST"] == []
