"""``live()``, ``attio_live``: a real workspace is left as it was found. A sandbox plays it here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from attio_orm import (
    AttioError,
    Company,
    NotConnectedError,
    OutcomeUnknownError,
    Person,
    ValidationError,
)
from attio_orm.testing import ServedSandbox, leftovers, live, serve

pytest_plugins = ["pytester"]


@pytest.fixture(scope="module")
def served() -> Iterator[ServedSandbox]:
    with serve() as handle:
        yield handle


@pytest.fixture(autouse=True)
def workspace(served: ServedSandbox, monkeypatch: pytest.MonkeyPatch) -> ServedSandbox:
    served.reset()
    monkeypatch.setenv("ATTIO_BASE_URL", served.url)
    monkeypatch.setenv("ATTIO_TEST_API_KEY", served.token)
    return served


def deleted(workspace: ServedSandbox) -> list[str]:
    return [each.path for each in workspace.requests if each.method == "DELETE"]


def test_what_is_made_is_deleted_and_the_newest_first(workspace: ServedSandbox) -> None:
    (there,) = workspace.workspace.load("companies", [{"name": "There", "domains": ["there.com"]}])
    with live() as attio:
        acme = Company.objects.create(name=attio.name("Acme"))
        assert str(acme.name).startswith("t-")
        rows = [{"name": "Byron, Ada"}, {"name": "Hopper, Grace"}]
        bulk = Person.objects.bulk_create(rows, concurrency=1)  # else either may be the newest
        people = [each.id for each in bulk.created]
        note = attio.connection.api.notes.create(
            parent_object="companies", parent_record_id=acme.id, title="N", format="plaintext",
            content="C",
        )["id"]["note_id"]  # fmt: skip
        gone = Company.objects.create(name="Gone")
        gone.delete()
        found = Company.objects.upsert("domains", name="There still", domains=["there.com"])
        assert found.id == there  # which was there before
        mine = Company.objects.upsert("domains", name="Mine", domains=["mine.com"])
        attio.track(mine)
        with pytest.raises(ValidationError, match="save first"):
            attio.track(Company(name="New"))
        workspace.requests.clear()
        assert len(attio.made) == 5
    company = "/v2/objects/companies/records"
    assert deleted(workspace) == [
        f"{company}/{mine.id}",
        f"/v2/notes/{note}",
        *(f"/v2/objects/people/records/{each}" for each in reversed(people)),
        f"{company}/{acme.id}",
    ]
    rows = workspace.connection.api.records.query("companies")
    assert [each["id"]["record_id"] for each in rows] == [there]


def test_a_merge_leaves_one_to_delete(workspace: ServedSandbox) -> None:
    with live() as attio:
        one, two = Company.objects.create(name="One"), Company.objects.create(name="Two")
        new = attio.connection.api.records.merge("companies", one.id, two.id)["new_record_id"]
        assert attio.made[-1] == f"/v2/objects/companies/records/{new}"
    assert workspace.connection.api.records.query("companies") == []


def test_a_test_that_fails_is_tidied_up_after(workspace: ServedSandbox) -> None:
    kept: list[str] = []

    def test_of_ones_own() -> None:
        kept.append(Company.objects.create(name="Kept").id)
        Company.objects.create(name="Tidied")
        workspace.fail_next(403, match=f"DELETE /v2/objects/companies/records/{kept[0]}")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught, live():
        test_of_ones_own()
    assert [f"records/{kept[0]}" in each for each in caught.value.__notes__] == [True]
    assert [each.id for each in Company.objects.using(workspace.connection)] == kept
    with pytest.raises(AttioError, match="1 of what the test made could"), live():  # noqa: PT012
        Company.objects.create(name="Kept too")
        workspace.fail_next(403, match="DELETE /v2/objects")


def test_what_a_killed_run_left_is_found(workspace: ServedSandbox) -> None:
    with live("x-") as attio:
        workspace.fail_next("drop_after", match="POST /v2/objects/companies/records")
        with pytest.raises(OutcomeUnknownError):
            Company.objects.create(name=attio.name("Acme"))
        person, task = attio.name("Byron"), attio.name("Call")
        workspace.workspace.load("people", [{"name": person}, {"name": "X-ray, Wilhelm"}])
        workspace.connection.api.tasks.create(
            content=task, format="plaintext", deadline_at=None, is_completed=False,
            linked_records=[], assignees=[],
        )  # fmt: skip
    found = leftovers("x-")
    assert [each.kind for each in found] == ["people", "companies", "tasks"]
    assert found[1].name.endswith(" Acme")
    assert found[2].name == task
    for each in found:
        workspace.connection.request("DELETE", each.path)
    assert leftovers("x-") == []


def test_there_is_no_other_token_to_test_with(
    workspace: ServedSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ATTIO_TEST_API_KEY")
    monkeypatch.setenv("ATTIO_API_KEY", workspace.token)
    with pytest.raises(NotConnectedError, match="ATTIO_TEST_API_KEY"), live():
        pass
    with pytest.raises(ValidationError, match="prefix"):
        leftovers("")


def test_the_fixture(
    workspace: ServedSandbox, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(
        """
        from attio_orm import Company

        def test_it(attio_live):
            assert Company.objects.create(name=attio_live.name("Acme")).id in attio_live.made[0]
        """
    )
    options: Any = ("-p", "no:asyncio", "-p", "no:hypothesispytest", "-p", "no:schemathesis")
    pytester.runpytest_inprocess(*options).assert_outcomes(passed=1)
    assert len(deleted(workspace)) == 1
    monkeypatch.delenv("ATTIO_TEST_API_KEY")
    pytester.runpytest_inprocess(*options).assert_outcomes(skipped=1)
