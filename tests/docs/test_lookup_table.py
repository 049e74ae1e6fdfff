"""The tables of lookups in docs/querying.md say what the compiler's own table says."""

from __future__ import annotations

import re
from pathlib import Path

from attio_orm.conditions.lookups import RECORD_ID
from attio_orm.types.base import CODECS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "querying.md"


TYPES = {kind: codec.lookups for kind, codec in CODECS.items()}


def rows(heading: str) -> list[list[str]]:
    section = PAGE.read_text("utf-8").split(f"### {heading}\n")[1].split("\n###")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def ticked(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_lookups_by_type() -> None:
    said = {
        name.strip(" `"): ticked(lookups)
        for types, lookups in rows("Lookups by attribute type")
        for name in types.split(",")
    }
    known = {kind: table.lookups[None] for kind, table in TYPES.items()}
    assert said == {**known, "id": RECORD_ID.lookups[None]}


def test_parts() -> None:
    said = {
        (kind.strip(), part): ticked(lookups)
        for kinds, parts, lookups in rows("Parts of a value")
        for kind in kinds.split(",")
        for part in ticked(parts)
    }
    known = {
        (kind, part): table.lookups[part]
        for kind, table in TYPES.items()
        for part in table.parts
        # said in words: the title itself, and a relation's attributes
        if part not in ("option", "status", "currency_value") and kind != "record-reference"
    }
    assert said == known
