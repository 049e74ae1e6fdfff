"""The report of a bulk write, by itself: counts, what was not kept, and the file for people."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from attio_orm import BulkItem, BulkReport, Person, ValidationError


def report(**options: Any) -> BulkReport[Person]:
    ada = Person.ref("11111111-2222-4333-8444-555555555555")
    items: list[BulkItem[Person]] = [
        BulkItem({"name": "Ada"}, ada, None, 0, "updated", 1),
        BulkItem({"name": "=cmd()"}, None, ValueError("-1 is wrong"), 1, "failed", 0),
        BulkItem({"name": 'Quote " and\nline'}, None, OSError("lost"), 2, "unknown", 3),
    ]
    return BulkReport(items, 1.5, operation="update", **options)


def test_counts_have_every_state() -> None:
    assert report().counts == {
        "created": 0, "updated": 1, "unchanged": 0, "deleted": 0, "failed": 1, "unknown": 1,
        "planned": 0,
    }  # fmt: skip
    assert repr(report()) == "<BulkReport: 1 updated, 1 failed, 1 unknown, 1.5 s>"


def test_what_was_not_kept_says_how_to_keep_it() -> None:
    counts: Any = {"updated": 5, "failed": 1, "unknown": 1, "unchanged": 7}
    found = report(counts=counts)
    assert len(found.failed) == 1
    with pytest.raises(ValidationError, match=r'bulk_update\(..., keep="all"\)'):
        _ = found.updated
    with pytest.raises(ValidationError, match=r"unchanged rows \(7\) were not kept"):
        _ = found.unchanged


def test_errors_are_raised_together() -> None:
    with pytest.raises(ExceptionGroup, match="2 of 3 rows were not updated, 1 of them") as caught:
        report().raise_for_errors()
    assert [type(each) for each in caught.value.exceptions] == [ValueError, OSError]


def test_as_a_file_for_people(tmp_path: Path) -> None:
    path = tmp_path / "report.csv"
    path.write_text("of before")
    report().to_csv(path)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [each["state"] for each in rows] == ["updated", "failed", "unknown"]
    assert [each["requests"] for each in rows] == ["1", "0", "3"]
    assert rows[0]["record_id"] == "11111111-2222-4333-8444-555555555555"
    assert rows[1]["error"] == "'-1 is wrong"  # a spreadsheet would compute it
    assert "Quote" in rows[2]["row"]
    assert [each.name for each in tmp_path.iterdir()] == ["report.csv"]


def test_no_half_file_is_left(tmp_path: Path) -> None:
    class UnreadableError(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    found = report()
    found[2].error = UnreadableError()
    path = tmp_path / "report.csv"
    path.write_text("of before")
    with pytest.raises(RuntimeError, match="no text"):
        found.to_csv(path)
    assert path.read_text() == "of before"
    assert [each.name for each in tmp_path.iterdir()] == ["report.csv"]
    with pytest.raises(OSError, match="nowhere"):
        report().to_csv(tmp_path / "nowhere" / "report.csv")
