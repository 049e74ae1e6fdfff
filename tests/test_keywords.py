"""Calls with a wrong keyword, or without one that is needed: what to write, and that it works."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from attio_orm import AuthenticationError, Company, ListEntry, Model, Person, aconnect, connect
from attio_orm.keywords import checked_keywords
from attio_orm.testing import SandboxHandle
from attio_orm.testing.served import ServedSandbox
from tests.colours import Colour


def made(**keywords: Any) -> type[Model]:
    return type("Firm", (Model,), {}, **keywords)


def entry(**keywords: Any) -> type[Model]:
    return type("Pipeline", (ListEntry,), {}, **keywords)


def opened(**keywords: Any) -> bool:
    with connect(**keywords) as connection:
        return connection.request("GET", "/v2/self")["active"] is True


def awaited(**keywords: Any) -> bool:
    async def work() -> bool:
        async with aconnect(**keywords) as connection:
            found = await connection.arequest("GET", "/v2/self")
            return found["active"] is True

    return asyncio.run(work())


# what was written, the keyword that the message names instead, and that
Write = Callable[[Any], Any]
CASES: dict[str, tuple[Write, str, Write]] = {
    "a class": (
        lambda w: made(objekt="companies"), "object", lambda w: made(object="companies"),
    ),
    "a class of Django": (
        lambda w: made(db_table="companies"), "object", lambda w: made(object="companies"),
    ),
    "a class of a list's": (
        lambda w: made(list="companies"), "object", lambda w: made(object="companies"),
    ),
    "drift": (
        lambda w: made(object="companies", ondrift="warn"),
        "on_drift",
        lambda w: made(object="companies", on_drift="warn"),
    ),
    "an entry": (
        lambda w: entry(object="sales", parent=Company),
        "list",
        lambda w: entry(list="sales", parent=Company),
    ),
    "connect": (
        lambda w: opened(url="sandbox://", ondrift="warn"),
        "on_drift",
        lambda w: opened(url="sandbox://", on_drift="warn"),
    ),
    "connect's address": (
        lambda w: opened(base_url="sandbox://"), "url", lambda w: opened(url="sandbox://"),
    ),
    "aconnect": (
        lambda w: awaited(url="sandbox://", max_retries=3),
        "max_attempts",
        lambda w: awaited(url="sandbox://", max_attempts=3),
    ),
    "save": (
        lambda w: w.save(update_fields=["job_title"]),
        "fields",
        lambda w: w.save(fields=["job_title"]),
    ),
    "asave": (
        lambda w: asyncio.run(w.asave(update_fields=["job_title"])),
        "fields",
        lambda w: asyncio.run(w.asave(fields=["job_title"])),
    ),
    "values_list": (
        lambda w: Person.objects.values_list("job_title", flt=True),
        "flat",
        lambda w: Person.objects.values_list("job_title", flat=True),
    ),
    "bulk_create": (
        lambda w: Person.objects.bulk_create([], batch_size=3),  # type: ignore[call-arg]
        "concurrency",
        lambda w: Person.objects.bulk_create([], concurrency=3),
    ),
    "iterator": (
        lambda w: Person.objects.iterator(chunk_size=3),  # type: ignore[call-arg]
        "page_size",
        lambda w: list(Person.objects.iterator(page_size=3)),
    ),
    "iterator of a queryset": (
        lambda w: Person.objects.all().aiterator(chunk_size=3),  # type: ignore[call-arg]
        "page_size",
        lambda w: list(Person.objects.all().aiterator(page_size=3)),
    ),
    "api": (
        lambda w: w.connection.api.members.get(member="x"),
        "workspace_member_id",
        lambda w: w.connection.api.members.get(
            workspace_member_id=w.connection.api.members.list()[0]["id"]["workspace_member_id"]
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_keyword_that_was_meant_is_named_and_taken(
    attio_sandbox: SandboxHandle, case: tuple[Write, str, Write]
) -> None:
    wrong, meant, right = case
    ada = Person.objects.create(name="Ada", job_title="CEO")
    said = rf"takes no keyword '\w+'\. Did you mean '{meant}'.* It takes "
    with pytest.raises(TypeError, match=said):
        wrong(ada)
    assert right(ada) is not False


async def test_a_delete_says_how_many_to_confirm(
    attio_sandbox: SandboxHandle, colour: Colour
) -> None:
    Person.objects.create(name="Ada")
    with pytest.raises(TypeError, match=r"delete\(\) needs confirm=\.\.\.: how many .* count\(\)"):
        await colour.call(Person.objects, "delete")
    assert Person.objects.count() == 1
    assert await colour.call(Person.objects, "delete", confirm=Person.objects.count()) == 1


def test_the_errors_of_what_is_called_stay_as_they_are(attio_sandbox: SandboxHandle) -> None:
    @checked_keywords
    def inner(*, number: int) -> int:
        raise TypeError("of the function's own")

    with pytest.raises(TypeError, match=r"^of the function's own$"):
        inner(number=3)
    with pytest.raises(TypeError, match="takes 1 positional argument"):
        Person.objects.create(5)  # type: ignore[misc]

    class Strange:
        def __init_subclass__(cls, *, flavour: str = "", **kwargs: Any) -> None:
            super().__init_subclass__(**kwargs)
            cls.flavour = flavour

    class Firm(Strange, Model, object="companies", flavour="sweet"):  # keywords of other bases
        pass

    assert Firm.flavour == "sweet"


def test_no_token_is_in_the_frames_of_the_check(attio_server: ServedSandbox) -> None:
    firm = made(object="companies")  # connect() asks for the models of the application
    token = "s3cr3t-t0k3n-0123456789"
    with pytest.raises(AuthenticationError) as caught:
        connect(attio_server.url, api_key=token)
    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    ours = [each for each in frames if each.f_globals["__name__"] == "attio_orm.keywords"]
    assert firm
    with pytest.raises(TypeError, match="'timeout'") as refused:
        connect(attio_server.url, api_key=token, timeot=3)  # type: ignore[call-arg]
    shown = traceback.TracebackException.from_exception(refused.value, capture_locals=True)
    assert not [
        each for each in shown.stack if "attio_orm" in each.filename and token in str(each.locals)
    ]
    assert len(ours) == 1
    assert token not in repr([each.f_locals for each in ours])
