"""What is kept is opened by the token, address and key that it was packed for, and by no other."""

from __future__ import annotations

import pytest

from attio_orm.cache.answers import Seal

BODY = b'{"data":{"id":{"record_id":"r1"}}}'
SEAL = Seal("https://api.attio.com", "Bearer one")
KEPT = SEAL.pack("key", BODY, 300.0)


def test_what_was_packed_is_opened() -> None:
    assert SEAL.unpack("key", KEPT) == (BODY, 300.0)
    assert b"one" not in KEPT.replace(BODY, b"")
    assert repr(SEAL) == "<seal>"


@pytest.mark.parametrize(
    "poisoned",
    [
        b"", BODY, KEPT[:-1], KEPT + b" ", KEPT[:5], b"attio-orm 0\n" + KEPT[12:],
        KEPT[:20] + b"\x00" + KEPT[21:], b"\x80\x04\x95pickled",
        KEPT[:28] + b"\xff" * 8 + KEPT[36:],
    ],
    ids=["empty", "bare", "cut", "longer", "begun", "version", "seal", "pickle", "lasts"],
)  # fmt: skip
def test_anything_else_is_nothing(poisoned: bytes) -> None:
    assert SEAL.unpack("key", poisoned) is None


@pytest.mark.parametrize(
    ("seal", "key"),
    [
        (Seal("https://api.attio.com", "Bearer two"), "key"),
        (Seal("https://other.example", "Bearer one"), "key"),
        (SEAL, "another key"),
    ],
    ids=["token", "address", "key"],
)
def test_nobody_else_opens_it(seal: Seal, key: str) -> None:
    assert seal.unpack(key, KEPT) is None


def test_keys_differ_by_token_address_and_each_part() -> None:
    keys = [
        SEAL.key(b"GET", b"/v2/a"),
        SEAL.key(b"GET/", b"v2/a"),
        SEAL.key(b"GET", b"/v2/a", b""),
        Seal("https://api.attio.com", "Bearer two").key(b"GET", b"/v2/a"),
        Seal("https://other.example", "Bearer one").key(b"GET", b"/v2/a"),
    ]
    assert len(set(keys)) == len(keys)
    assert SEAL.key(b"GET", b"/v2/a") == keys[0]
