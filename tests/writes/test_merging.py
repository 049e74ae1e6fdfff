"""Records that a merge is still making: they are there in a moment, and never count as gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from attio_orm import APIError, Connection, InvalidRequestError, NotFoundError, Person, connect
from attio_orm.transport import Backend, WireRequest, WireResponse
from tests.colours import Colour
from tests.transport.fakes import refusal


class Merging:
    """The sandbox, but requests with ``ids`` in their paths find a merge, as long as it lasts."""

    def __init__(self, backend: Backend, ids: set[str]) -> None:
        self._backend, self._ids, self.asked = backend, ids, 0

    def _refusal(self, request: WireRequest) -> WireResponse | None:
        if not any(each in request.path for each in self._ids):
            return None
        self.asked += 1
        return refusal(404, "merge_in_progress", "The record is being merged.")

    def send(self, request: WireRequest, /) -> WireResponse:
        return self._refusal(request) or self._backend.send(request)

    async def asend(self, request: WireRequest, /) -> WireResponse:
        return self._refusal(request) or await self._backend.asend(request)

    def close(self) -> None:
        self._backend.close()

    async def aclose(self) -> None:
        await self._backend.aclose()


@pytest.fixture
def connection() -> Iterator[Connection]:
    with connect("sandbox://", max_attempts=1) as made:
        yield made


def merged(connection: Connection) -> str:
    """The id of a record that a merge will have made when half a minute is over."""
    assert connection.sandbox is not None
    connection.sandbox.workspace.merge_delay = 30
    ada, bob = (Person.objects.create(name=name) for name in ("Ada", "Bob"))
    assert ada.id is not None
    assert bob.id is not None
    new_id: str = connection.api.records.merge("people", ada.id, bob.id)["new_record_id"]
    return new_id


async def test_a_merge_that_takes_its_time(connection: Connection, colour: Colour) -> None:
    """By the sandbox: reads are answered with 404, writes with 400."""
    ada = Person.ref(merged(connection))
    with pytest.raises(NotFoundError, match=r"merge.*try again") as caught:
        await colour.call(Person.objects, "get", id=ada.id)
    assert not caught.value.is_gone
    with pytest.raises(InvalidRequestError, match=r"merge.*try again"):
        await colour.call(ada, "delete")
    ada.job_title = "CTO"
    with pytest.raises(InvalidRequestError, match=r"merge.*try again"):
        await colour.call(ada, "save")
    assert connection.sandbox is not None
    connection.sandbox.clock.move(30)
    await colour.call(ada, "save")
    again = await colour.call(Person.objects, "get", id=ada.id)
    assert (str(again.name), again.job_title) == ("Ada", "CTO")
    await colour.call(ada, "delete")
    assert Person.objects.get_or_none(id=str(ada.id)) is None


async def test_what_waits_for_the_merge(colour: Colour) -> None:
    """With the usual attempts nobody sees it, where the merge ends meanwhile."""
    with connect("sandbox://") as connection:
        new_id = merged(connection)
        sandbox = connection.sandbox
        assert sandbox is not None
        ended: list[Callable[[], None]] = [lambda: sandbox.clock.move(30)]
        backend = connection.transport.backend

        class Ending(Merging):
            def _refusal(self, request: WireRequest) -> WireResponse | None:
                if self.asked:  # the second attempt finds it over
                    ended.pop()()
                    self._ids.clear()
                return super()._refusal(request)

        connection.transport.backend = Ending(backend, {new_id})
        assert str((await colour.call(Person.objects, "get", id=new_id)).name) == "Ada"
        assert not ended


@pytest.mark.parametrize("name", ["delete", "refresh", "save", "history", "entries"])
async def test_a_404_of_a_merge_is_not_gone(
    connection: Connection, colour: Colour, name: str
) -> None:
    ada = Person.objects.create(name="Ada")
    assert ada.id is not None
    backend = connection.transport.backend
    connection.transport.backend = Merging(backend, {ada.id})
    ada.job_title = "CTO"
    owner, method = (ada.entries, "all") if name == "entries" else (ada, name)
    with pytest.raises(APIError, match="until the merge has ended") as caught:
        await colour.call(owner, method, *(["job_title"] if name == "history" else []))
    assert isinstance(caught.value, NotFoundError)
    connection.transport.backend = backend
    assert Person.objects.get(id=ada.id) is ada, "it still counts as there"
    await colour.call(ada, "save")
    await colour.call(ada, "delete")
    assert Person.objects.get_or_none(id=ada.id) is None
