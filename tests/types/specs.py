"""What the tests of values share: an attribute to write for, and an answer to what was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from attio_orm.types.base import Codec, codec_for

ADA = "50cf242c-7fa3-4cad-87d0-75b1af71c57b"
BOB = "891dcbfc-9141-415d-9b2a-2238a6cc012d"
META = {
    "active_from": "2026-02-03T10:11:12.600000000Z",
    "active_until": None,
    "created_by_actor": {"type": "api-token", "id": ADA},
}


@dataclass(frozen=True)
class Spec:
    slug: str = "field"
    type: str = "text"
    is_multi: bool = False
    is_writable: bool = True
    is_required: bool = False
    currency: str | None = None
    allowed_objects: tuple[str, ...] = ()


SPEC = Spec()
EUROS = Spec(currency="EUR")
COMPANY = Spec(slug="company", allowed_objects=("companies",))


def read(codec: Codec[Any], **members: Any) -> Any:
    """What the codec makes of a value object with these members, as it comes over the wire."""
    body = msgspec.json.encode({**META, **members, "attribute_type": codec.type})
    return codec.read(msgspec.json.decode(body, type=codec.shape))


def answer(kind: str, written: Any) -> dict[str, Any]:
    """The value object that Attio gives for a written value, as facts.md section 4.1 says."""
    return _ANSWERS[kind](written)


def email(written: str) -> dict[str, Any]:
    local, _, domain = written.lower().rpartition("@")
    return {
        "original_email_address": written,
        "email_address": written.lower(),
        "email_domain": domain,
        "email_root_domain": ".".join(domain.split(".")[-2:]),
        "email_local_specifier": local,
    }


def phone(written: Any) -> dict[str, Any]:
    if isinstance(written, str):
        return {"phone_number": written, "original_phone_number": written, "country_code": "US"}
    national = written["original_phone_number"]
    return {"phone_number": f"+44{national}", **written}


def actor(written: dict[str, Any]) -> dict[str, Any]:
    if "workspace_member_email_address" in written:
        return {"referenced_actor_type": "workspace-member", "referenced_actor_id": BOB}
    return written


def option(title: str) -> dict[str, Any]:
    return {"id": {"workspace_id": ADA, "option_id": BOB}, "title": title, "is_archived": False}


def status(title: str) -> dict[str, Any]:
    return {
        "id": {"workspace_id": ADA, "status_id": BOB},
        "title": title,
        "is_archived": False,
        "celebration_enabled": True,
        "target_time_in_status": "P7D",
    }


_ANSWERS: dict[str, Any] = {
    "text": lambda w: {"value": w},
    "number": lambda w: {"value": w},
    "rating": lambda w: {"value": w},
    "checkbox": lambda w: {"value": w},
    "date": lambda w: {"value": w},
    "timestamp": lambda w: {"value": f"{w[:-1]}000Z"},
    "currency": lambda w: {"currency_value": w, "currency_code": "EUR"},
    "select": lambda w: {"option": option(w)},
    "status": lambda w: {"status": status(w)},
    "record-reference": lambda w: w,
    "actor-reference": actor,
    "location": lambda w: w,
    "domain": lambda w: {"domain": w, "root_domain": ".".join(w.split(".")[-2:])},
    "email-address": email,
    "phone-number": phone,
    "personal-name": lambda w: w,
}


def round_trip(kind: str, value: Any, spec: Spec = SPEC) -> tuple[Any, Any]:
    """What ``coerce`` makes of a value, and what reads back after it was written."""
    codec = codec_for(kind)
    mine = codec.coerce(value, spec)
    return mine, read(codec, **answer(kind, codec.write(mine)))
