"""Members of value objects as no server should send them: read, or kept raw, and never an error."""

from __future__ import annotations

import json
import pickle
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from attio_orm.types.base import CODECS, RawValue, reader

ODD: list[Any] = [
    None, "", "x", "-", "\x00", "\u0663", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00",
    "2026-13-45", "2026-01-01", "NaN", "sNaN", "Infinity", "1E+999999999", "1E-999999999",
    5, -1, 10**30, 10**400, 1.5, 1e308, True, [], {}, [None], {"a": 1}, {"id": {}},
    {"id": {"option_id": "x"}, "title": 5},
]  # fmt: skip


@pytest.mark.parametrize("kind", sorted(CODECS))
def test_whatever_a_member_is(kind: str) -> None:
    codec = CODECS[kind]
    members = [field.encode_name for field in msgspec.structs.fields(codec.shape)]
    read = reader(codec)
    for odd in ODD:
        wires = [dict.fromkeys(members, odd), *({member: odd} for member in members)]
        for wire in wires:
            for found in read(Raw(json.dumps([{"attribute_type": kind, **wire}]).encode())):
                assert len(f"{found!r}{found}") < 20_000
                assert pickle.loads(pickle.dumps(found)) == found
                hash(found)
                if not isinstance(found, RawValue):
                    codec.key(found)
                    json.dumps(codec.dump(found), allow_nan=False)


def test_a_good_value_beside_an_odd_one() -> None:
    odd, good = ({"attribute_type": "currency", "currency_value": each} for each in ("1E+999", "5"))
    first, second = reader(CODECS["currency"])(Raw(json.dumps([odd, good]).encode()))
    assert first == RawValue("currency", odd)
    assert second == 5
