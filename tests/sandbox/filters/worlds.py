"""Small random workspaces with attributes of every type, and filters that tell them apart."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

from hypothesis import strategies as st

from attio_sandbox import Workspace
from tests.sandbox.client import Client, record_id

WORDS = ["Acme", "acme", "ACME Ltd", "Straße", "strasse", "Ωmega", "a%b", "a_b", "İ", "x\U0010ffff"]
TITLES = ["High", "Low", "Mid"]
TIMES = ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000000001Z", "2026-02-01T12:30:00Z"]
DATES = ["2025-12-31", "2026-01-01", "2026-02-28"]
EMAILS = [
    "ada@acme.example.com",
    "ADA@mail.acme.example.com",
    "bob@strasse.example.com",
    "b.o.b@acme.example.com",
]
DOMAINS = ["acme.test", "shop.acme.test", "strasse.test"]
PHONES = ["+19725550123", "+447400123456"]
NUMBERS = [-1, 0, 0.5, 3, 10_000]
EMPTY = dict.fromkeys(("line_1", "line_2", "line_3", "line_4", "region", "postcode", "latitude",
                       "longitude", "country_code", "locality"))  # fmt: skip
PLACES = [
    EMPTY | {"locality": "Straße", "country_code": "DE", "line_2": "a%b"},
    EMPTY | {"locality": "acme", "country_code": "US", "region": ""},
    EMPTY | {"region": "Acme"},
]

some = st.sampled_from


POOLS: dict[str, list[Any]] = {
    "text": WORDS, "number": NUMBERS, "rating": [0, 3, 5], "checkbox": [True, False],
    "currency": NUMBERS, "date": DATES, "timestamp": TIMES, "choice": TITLES, "place": PLACES,
    "name": ["Acme, Ada", "Ada", "Straße, acme", "ACME, Bob"],
}  # fmt: skip
MANY: dict[str, list[Any]] = {
    "select": TITLES, "emails": EMAILS, "domains": DOMAINS, "phones": PHONES
}  # fmt: skip


SEARCH = ["$eq", "$contains", "$starts_with", "$ends_with"]
RANGE = ["$eq", "$lt", "$lte", "$gt", "$gte"]
NEEDLES = [*WORDS, "", "a", "ss", "ME", "\u0131"]


def searched(values: list[str]) -> st.SearchStrategy[Any]:
    return st.dictionaries(some(SEARCH), some(values), min_size=1, max_size=2)


def ranged(values: list[Any]) -> st.SearchStrategy[Any]:
    return st.dictionaries(some(RANGE), some(values), min_size=1, max_size=2)


FILLED = st.just({"$not_empty": True})


def part(name: str, inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return (inner | FILLED).map(lambda condition: {name: condition})


CONDITIONS: dict[str, st.SearchStrategy[Any]] = {
    "text": some(WORDS) | searched(NEEDLES)
    | st.lists(some(WORDS), max_size=3).map(lambda words: {"$in": words}),
    "number": some(NUMBERS) | ranged(NUMBERS),
    "rating": ranged([0, 2, 3]),
    "checkbox": some([True, False]),
    "currency": ranged(NUMBERS),
    "date": some(DATES) | ranged(DATES),
    "timestamp": ranged(TIMES),
    "select": some(TITLES) | part("active_from", st.just({"$gte": "2026-01-01"})),
    "choice": some(TITLES)
    | part("active_from", st.just({"$lt": "2026-01-01", "$gt": "2020-01-01T00:00:00.000000000Z"})),
    "emails": some(EMAILS) | searched([*EMAILS, "acme", ""]) | part("email_domain", some(DOMAINS))
    | part("email_local_specifier", searched(["B", "ada"]))
    | part("original_email_address", searched(["ADA", "ada"])),
    "domains": searched([*DOMAINS, "shop"]) | part("root_domain", searched(DOMAINS)),
    "phones": some(PHONES) | searched(["555", "+44"]) | part("country_code", some(["US", "GB"])),
    "place": part("locality", searched(NEEDLES)) | part("country_code", some(["DE", "US"]))
    | part("line_2", searched(["%", "_"])) | part("region", searched(["acme", ""])),
    "name": searched(["ada", "Ada Acme"]) | part("last_name", searched(NEEDLES))
    | part("first_name", searched(["Ada", ""])),
}  # fmt: skip


def attribute_filters(
    prefix: list[list[str]], slugs: frozenset[str] = frozenset(CONDITIONS)
) -> st.SearchStrategy[Any]:
    """Conditions on one attribute of people, at the end of a path where there is a prefix."""

    def build(slug: str) -> st.SearchStrategy[Any]:
        condition = CONDITIONS[slug] | FILLED
        if not prefix:
            return condition.map(lambda found: {slug: found})
        return condition.map(
            lambda found: {
                "path": [*prefix, ["people", slug]],
                "constraints": found if isinstance(found, dict) else {"$eq": found},
            }
        )

    return st.sampled_from(sorted(slugs)).flatmap(build)


LEAF = (
    attribute_filters([])
    | attribute_filters([["people", "others"]])
    | attribute_filters([["people", "others"], ["people", "owner"]])
    | st.just({"others": {"$not_empty": True}})
)


def joined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    filters = st.lists(inner, max_size=4)
    return (
        filters.map(lambda found: {"$and": found})
        | filters.map(lambda found: {"$or": found})
        | inner.map(lambda found: {"$not": found})
        | st.tuples(inner, inner).map(
            lambda pair: (
                pair[0] | {k: v for k, v in pair[1].items() if "path" not in pair[0] | pair[1]}
            )
        )
    )


FILTER = st.recursive(LEAF, joined, max_leaves=6)

PARENT = ["queue", "parent_record"]
ENTRY_SLUGS = frozenset(CONDITIONS) - {"name"}
ENTRY_LEAF = (
    attribute_filters([], ENTRY_SLUGS)
    | attribute_filters([PARENT])
    | attribute_filters([PARENT, ["people", "others"]])
)
ENTRY_FILTER = st.recursive(ENTRY_LEAF, joined, max_leaves=6)


@cache
def world(seed: int) -> tuple[Client, dict[str, Any]]:
    """Make people with attributes of every type, filled at random."""
    pick = random.Random(seed)
    workspace = Workspace()

    workspace.define_list("queue", "Queue", "people")

    def define(slug: str, kind: str, **more: Any) -> None:
        workspace.define_attribute("people", api_slug=slug, type=kind, **more)
        workspace.define_attribute("queue", target="lists", api_slug=slug, type=kind, **more)

    for kind in ("text", "number", "rating", "checkbox", "currency", "date", "timestamp"):
        define(kind, kind)
    define("select", "select", is_multiselect=True, options=TITLES)
    define("choice", "select", options=TITLES)
    define("emails", "email-address", is_multiselect=True)
    define("domains", "domain", is_multiselect=True)
    define("phones", "phone-number", is_multiselect=True)
    define("place", "location")
    owner = {"object": "people", "api_slug": "owner"}
    workspace.define_attribute(
        "people", api_slug="others", type="record-reference", is_multiselect=True,
        relationship=owner,
    )  # fmt: skip

    def row() -> dict[str, Any]:
        single = {slug: pick.choice(pool) for slug, pool in POOLS.items() if pick.random() < 0.8}
        return single | {slug: pick.sample(pool, pick.randint(0, 2)) for slug, pool in MANY.items()}

    keys = workspace.load("people", [row() for _ in range(24)])
    api = Client(workspace)
    entries = [row() for _ in range(24)]
    for entry in entries:
        entry.pop("name", None)
    workspace.load_entries("queue", [(pick.choice(keys), entry) for entry in entries])
    for key in keys:
        targets = pick.sample(keys, pick.randint(0, 2))
        others = [{"target_object": "people", "target_record_id": target} for target in targets]
        api.patch("people", key, others=others)
    return api, {record_id(record): record for record in api.query("people")}
