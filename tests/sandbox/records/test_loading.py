"""Loading many records: a run of creates, in batches."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import Workspace
from tests.sandbox.client import Client, plain


def test_load_is_a_run_of_creates(ws: Workspace, api: Client) -> None:
    ws.load("companies", [{"domains": ["acme.test"], "name": "Acme"}])
    keys = ws.load(
        "people",
        (
            {"name": f"P {n}", "email_addresses": [f"p{n}@a.example.com"], "company": "acme.test"}
            for n in range(40)
        ),
    )  # fmt: skip
    assert api.ids("people") == sorted(keys)
    assert plain(api.values("people", keys[7], "name")) == ["P 7"]
    (company,) = api.query("companies")
    assert plain(company["values"]["team"]) == keys[::-1]


def test_load_stores_related_records_batch_by_batch(
    ws: Workspace, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attio_sandbox.records.loading.BATCH", 3)
    ws.load("companies", [{"domains": ["acme.test"]}])
    keys = ws.load("people", [{"company": "acme.test"} for _ in range(8)])
    (company,) = api.query("companies")
    assert plain(company["values"]["team"]) == keys[::-1]


def test_a_refused_row_stores_none(ws: Workspace, api: Client) -> None:
    rows: list[dict[str, Any]] = [{"name": "A"}, {"name": "B", "email_addresses": ["no address"]}]
    with pytest.raises(ValueError, match=r"Row 1 of 'people'.*Invalid email"):
        ws.load("people", rows)
    assert api.query("people") == []
    with pytest.raises(ValueError, match="no object 'ghosts'"):
        ws.load("ghosts", rows)
