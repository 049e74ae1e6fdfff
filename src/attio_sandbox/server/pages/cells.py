"""Values as people read them: short text, with links to the records that they name."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Any, NamedTuple

import msgspec

from attio_sandbox.server.pages.amounts import money, number
from attio_sandbox.server.pages.secrets import Hide, without_secret_members

IN_A_TABLE = 120
ON_A_RECORD = 2_000
BODY_BYTES = 6_000
MAX_FORMATTED = 256 * 1024

# How much more is looked through, so that no half of a secret stands where a body is cut.
_LONGEST_SECRET = 4_096


# So many colours there are for options; the style sheet has each as `tone-0` and so on.
TONES = 10


class Cell(NamedTuple):
    """One value: its text, and the object and id of the record that it names, if any.

    `target` is what that record is of: `objects`, or `activities` with an activity as its object.
    `kind` is `amount`, `choice` or `stars` where it is shown in a way of its own; `tone` is the
    colour of a choice.
    """

    text: str
    object: str = ""
    record_id: str = ""
    kind: str = ""
    tone: int | None = None
    target: str = "objects"


def shortened(text: str, most: int) -> str:
    """Give at most `most` characters of a text, and how many there are where some are left out."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"


def cell(
    value: Mapping[str, Any],
    names: Mapping[str, str],
    most: int = IN_A_TABLE,
    tones: Mapping[str, int] = MappingProxyType({}),
) -> Cell:
    """Give a value of a record as text.

    `names` has those of records and members by id, `tones` the colours of options by theirs.
    """
    kind = value["attribute_type"]
    if kind == "record-reference":
        key = str(value["target_record_id"])
        return Cell(shortened(names.get(key) or key[:8], most), str(value["target_object"]), key)
    text = shortened(_text(kind, value, names), most)
    if kind in ("select", "status"):
        option = value["option" if kind == "select" else "status"]
        key = option["id"]["option_id" if kind == "select" else "status_id"]
        return Cell(text, kind="choice", tone=tones.get(key))
    return Cell(text, kind=_KINDS.get(kind, ""))


_KINDS = {"currency": "amount", "number": "amount", "rating": "stars"}


def _text(kind: str, value: Mapping[str, Any], names: Mapping[str, str]) -> str:
    if kind == "personal-name":
        return str(value["full_name"])
    if kind in ("select", "status"):
        return str(value["option" if kind == "select" else "status"]["title"])
    if kind == "currency":
        return money(value["currency_value"], value["currency_code"])
    if kind == "checkbox":
        return "yes" if value["value"] else "no"
    if kind == "number":
        return number(value["value"])
    if kind == "timestamp":
        return moment(value["value"])
    if kind == "actor-reference":
        key = value["referenced_actor_id"]
        return names.get(str(key)) or str(value["referenced_actor_type"])
    if kind == "location":
        parts = ("line_1", "line_2", "line_3", "line_4", "postcode", "locality", "region")
        found = [value[part] for part in (*parts, "country_code") if value.get(part)]
        return ", ".join(found)
    if kind == "interaction":
        return f"{value['interaction_type']}, {moment(value['interacted_at'])}"
    for name in ("email_address", "domain", "phone_number", "value"):
        if name in value:
            return str(value[name])
    return msgspec.json.encode(value).decode()


def moment(text: str | None) -> str:
    """Give a time as Attio writes it without its zeros: `2026-02-03 10:11:12`."""
    return "" if text is None else f"{text[:10]} {text[11:19]}"


def label(values: Mapping[str, Any], attributes: Iterable[Mapping[str, Any]], key: str) -> str:
    """Give what a record is called: its name, else its first unique value, else its id."""
    unique = (a["api_slug"] for a in attributes if a["is_unique"] and a["api_slug"] != "record_id")
    for slug in itertools.chain(("name",), unique):
        found = values.get(slug)
        if found:
            text = cell(found[0], {}).text.strip()
            if text:
                return text
    return key[:8]


def pretty(
    body: Any,
    hide: Hide = str,
    *,
    is_request: bool = False,
    most: int = BODY_BYTES,
    is_whole: bool = True,
) -> str:
    """Give JSON, decoded or not, in lines, without secrets, and no more than `most` of it.

    `hide` takes known secrets out of a text. A body of which only the beginning is there is not
    `is_whole`.
    """
    raw: bytes = body if isinstance(body, bytes) else msgspec.json.encode(body)
    size = len(raw)
    if size <= MAX_FORMATTED:
        with suppress(msgspec.DecodeError):  # HTML, a file or a fault is shown as it is
            raw = msgspec.json.format(raw, indent=2)
    text = raw[: most + _LONGEST_SECRET].decode("utf-8", "replace")
    text = without_secret_members(hide(text), is_request=is_request)
    said = f"{size:,} bytes" if is_whole else f"{size:,} bytes or more"
    return text if len(raw) <= most else f"{text[:most]}\n… ({said})"
