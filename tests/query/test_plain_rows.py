"""values() and rows() read columns: the same as by records, with the same requests, in all cases."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from attio_orm import Company, Deal, Person, signals
from attio_orm.testing import SandboxHandle
from tests.colours import Colour


@contextmanager
def by_records() -> Iterator[list[Any]]:
    """Let values() make a record of each row: whoever hears of loaded records is promised them."""
    heard: list[Any] = []

    def hear(sender: Any, instance: Any, **more: Any) -> None:
        heard.append(instance)

    signals.post_load.connect(hear)
    try:
        yield heard
    finally:
        signals.post_load.disconnect(hear)


PATHS: dict[Any, list[tuple[str, ...]]] = {
    Person: [
        ("name",),
        ("id", "web_url", "created_at", "name", "email_addresses", "job_title"),
        ("name__first_name", "name__last_name", "email_addresses__email_domain"),
        ("email_addresses__active_from", "job_title__set_by", "job_title__set_by__type"),
        ("phone_numbers", "phone_numbers__country_code", "primary_location__locality"),
        ("company", "company__id", "company__name", "company__domains", "company__web_url"),
        ("company__created_at", "company__description", "company__team"),
        ("company__team__name", "company__team__company__name", "name"),
        ("associated_deals", "associated_deals__value", "associated_deals__value__currency"),
        ("associated_deals__stage__active_from", "associated_deals__owner"),
        ("created_by", "created_by__type", "last_interaction"),
    ],
    Company: [
        ("name", "domains", "categories", "team", "team__job_title"),
        ("associated_deals__name", "associated_deals__associated_people__name"),
        ("foundation_date", "estimated_arr_usd", "employee_range", "primary_location"),
    ],
    Deal: [
        ("name", "value", "value__amount", "stage", "stage__title", "owner", "owner__email"),
        ("associated_company__name", "associated_people__company__name", "owner__name"),
    ],
}
CASES = [(model, names) for model, all_names in PATHS.items() for names in all_names]


@pytest.mark.parametrize(
    ("model", "names"), CASES, ids=[f"{m.__name__}-{n[0]}-{len(n)}" for m, n in CASES]
)
async def test_the_same_as_by_records(
    crm: SandboxHandle, colour: Colour, model: Any, names: tuple[str, ...]
) -> None:
    for known in (False, True):  # whether the workspace's schema is known changes what is read how
        if known:
            for slug in ("people", "companies", "deals"):
                await crm.connection.schema.afetch(slug)
            await crm.connection.schema.afetch_members()
        query = model.objects.order_by("-created_at")[3:90]
        await colour.call(query, "values_list", *names)  # what is asked for once only
        sent = len(crm.requests)
        with by_records() as heard:
            expected = await colour.call(query, "values_list", *names)
        assert heard
        heard.clear()
        gc.collect()
        by_objects = [(each.path, each.json) for each in crm.requests[sent:]]
        sent = len(crm.requests)
        assert await colour.call(query, "values_list", *names) == expected
        assert [(each.path, each.json) for each in crm.requests[sent:]] == by_objects
        assert await colour.items(query.rows(*names)) == expected
        assert any(any(row) for row in expected)
