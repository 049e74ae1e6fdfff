"""The compiled filter finds what the conditions say, over random records and random conditions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attio_orm import Q
from attio_orm.query.compiler import NOTHING
from tests.query.evaluator import World, comparisons, matches, negations
from tests.query.fakes import PEOPLE, SCHEMA, compile_filter, uid


class Path(NamedTuple):
    """A path of names, how to read it off a record, and values that may be there."""

    name: str
    read: Callable[[Any, Any], list[Any]]
    values: Any
    lookups: str


EQUAL = "exact not in isnull"
TEXT = f"{EQUAL} contains startswith endswith"
SIZE = f"{EQUAL} gt gte lt lte range"

WORDS = st.sampled_from(["", "a", "b", "ab", "Ba", "x"])
SMALL = st.integers(0, 4)
PERSON_IDS = [uid(10 + n) for n in range(4)]
COMPANY_IDS = [uid(20 + n) for n in range(3)]
DEAL_IDS = [uid(30 + n) for n in range(4)]
MEMBER_IDS = [uid(40 + n) for n in range(2)]
EMAILS = [f"{local}@{domain}.example.com" for local in ("a", "ab") for domain in ("a", "b")]
STAGES = ["Lead", "Lost"]


def optional(strategy: Any) -> Any:
    return st.none() | strategy


def several(strategy: Any) -> Any:
    return st.lists(strategy, max_size=2, unique=True)


companies = st.fixed_dictionaries(
    {
        "name": optional(WORDS.filter(bool)),
        "domains": several(st.sampled_from(["a.test", "b.test"])),
        "funding": optional(SMALL),
    }
)
deals_ = st.fixed_dictionaries(
    {
        "value": optional(SMALL),
        "stage": optional(st.sampled_from(STAGES)),
        "owner": optional(st.sampled_from(MEMBER_IDS)),
        "associated_company": optional(st.sampled_from(COMPANY_IDS)),
    }
)
persons = st.fixed_dictionaries(
    {
        "name": optional(st.tuples(WORDS.filter(bool), optional(WORDS.filter(bool)))),
        "job_title": optional(WORDS.filter(bool)),
        "email_addresses": several(st.sampled_from(EMAILS)),
        "score": optional(SMALL),
        "vip": optional(st.booleans()),
        "tags": several(st.sampled_from(["a", "b", "c"])),
        "company": optional(st.sampled_from(COMPANY_IDS)),
        "associated_deals": several(st.sampled_from(DEAL_IDS)),
        "manager": optional(st.sampled_from(PERSON_IDS)),
    }
)


def entries(ids: list[str], records: Any) -> Any:
    return st.tuples(*[records for _ in ids]).map(lambda drawn: dict(zip(ids, drawn, strict=True)))


databases = st.fixed_dictionaries(
    {
        "people": entries(PERSON_IDS, persons),
        "companies": entries(COMPANY_IDS, companies),
        "deals": entries(DEAL_IDS, deals_),
    }
)


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def field(*names: str) -> Callable[[Any, Any], list[Any]]:
    """Read values over relations: each step takes all values of the one before."""
    tables = {
        "company": "companies",
        "associated_company": "companies",
        "associated_deals": "deals",
        "manager": "people",
    }

    def read(database: Any, record: Any) -> list[Any]:
        found = [record]
        for name in names[:-1]:
            found = [database[tables[name]][id] for each in found for id in listed(each[name])]
        return [value for each in found for value in listed(each[names[-1]])]

    return read


def name_part(part: Callable[[Any], Any]) -> Callable[[Any, Any], list[Any]]:
    def read(database: Any, record: Any) -> list[Any]:
        return [part(n) for n in listed(record["name"]) if part(n) is not None]

    return read


PATHS = [
    Path("job_title", field("job_title"), WORDS, TEXT),
    Path("score", field("score"), SMALL, SIZE),
    Path("vip", field("vip"), st.booleans(), EQUAL),
    Path("tags", field("tags"), st.sampled_from(["a", "b", "c"]), EQUAL),
    Path("email_addresses", field("email_addresses"), st.sampled_from([*EMAILS, "a", "t"]), TEXT),
    Path("name__first_name", name_part(lambda n: n[0]), WORDS, TEXT),
    Path("name__last_name", name_part(lambda n: n[1]), WORDS, TEXT),
    Path("company", field("company"), st.sampled_from(COMPANY_IDS), EQUAL),
    Path("company__id", field("company"), st.sampled_from(COMPANY_IDS), EQUAL),
    Path("manager__company", field("manager", "company"), st.sampled_from(COMPANY_IDS), EQUAL),
    Path("company__name", field("company", "name"), WORDS, TEXT),
    Path("company__funding", field("company", "funding"), SMALL, SIZE),
    Path("company__domains", field("company", "domains"), st.sampled_from(["a.test", "b"]), TEXT),
    Path("associated_deals", field("associated_deals"), st.sampled_from(DEAL_IDS), EQUAL),
    Path("associated_deals__value", field("associated_deals", "value"), SMALL, SIZE),
    Path(
        "associated_deals__stage",
        field("associated_deals", "stage"),
        st.sampled_from(STAGES),
        EQUAL,
    ),
    Path(
        "associated_deals__owner",
        field("associated_deals", "owner"),
        st.sampled_from(MEMBER_IDS),
        EQUAL,
    ),
    Path(
        "associated_deals__associated_company__name",
        field("associated_deals", "associated_company", "name"),
        WORDS,
        TEXT,
    ),
    Path("manager__manager__score", field("manager", "manager", "score"), SMALL, SIZE),
]


def conditions(lookup: str) -> Any:
    """Conditions of one lookup, on any of the paths that have it."""

    def values(path: Path) -> Any:
        if lookup == "isnull":
            return st.booleans()
        if lookup == "in":
            return st.lists(optional(path.values), max_size=3)
        if lookup == "range":
            return st.tuples(path.values, path.values)
        if lookup in ("exact", "not"):
            return optional(path.values)
        return path.values

    return st.sampled_from([path for path in PATHS if lookup in path.lookups.split()]).flatmap(
        lambda path: values(path).map(lambda value: Q(**{f"{path.name}__{lookup}": value}))
    )


queries = st.recursive(
    st.sampled_from(SIZE.split() + TEXT.split()).flatmap(conditions) | st.just(Q()),
    lambda inner: (
        st.tuples(inner, inner).map(lambda pair: pair[0] & pair[1])
        | st.tuples(inner, inner).map(lambda pair: pair[0] | pair[1])
        | inner.map(lambda q: ~q)
    ),
    max_leaves=8,
)

DIRECT: dict[str, Callable[[list[Any], Any], bool]] = {
    "exact": lambda found, value: not found if value is None else value in found,
    "not": lambda found, value: bool(found) if value is None else value not in found,
    "in": lambda found, values: (
        (None in values and not found) or any(each in values for each in found)
    ),
    "isnull": lambda found, value: value is (not found),
    "contains": lambda found, value: any(value.lower() in each.lower() for each in found),
    "startswith": lambda found, value: any(
        each.lower().startswith(value.lower()) for each in found
    ),
    "endswith": lambda found, value: any(each.lower().endswith(value.lower()) for each in found),
    "gt": lambda found, value: any(each > value for each in found),
    "gte": lambda found, value: any(each >= value for each in found),
    "lt": lambda found, value: any(each < value for each in found),
    "lte": lambda found, value: any(each <= value for each in found),
    "range": lambda found, value: any(value[0] <= each <= value[1] for each in found),
}


def holds(q: Q, database: Any, record: Any) -> bool:
    """Whether the conditions hold for a record, by the plain meaning of the lookups."""
    if q.kind == "lookup":
        name, lookup = q.path.rsplit("__", 1)
        path = next(each for each in PATHS if each.name == name)
        return DIRECT[lookup](path.read(database, record), q.value)
    if q.kind == "not":
        return not holds(q.terms[0], database, record)
    terms = [holds(term, database, record) for term in q.terms]
    return all(terms) if q.kind == "and" else any(terms)


WIRE: dict[str, Callable[[str, Any], dict[str, Any]]] = {
    "personal-name": lambda object, v: {
        "first_name": v[0],
        "last_name": v[1],
        "full_name": " ".join(filter(None, v)),
    },
    "email-address": lambda object, v: {
        "email_address": v,
        "email_domain": v.split("@")[1],
        "email_local_specifier": v.split("@")[0],
    },
    "domain": lambda object, v: {"domain": v, "root_domain": v},
    "currency": lambda object, v: {"currency_value": v},
    "select": lambda object, v: {"option": v},
    "status": lambda object, v: {"status": v},
    "actor-reference": lambda object, v: {
        "referenced_actor_type": "workspace-member",
        "referenced_actor_id": v,
    },
    "record-reference": lambda object, v: {"target_object": object, "target_record_id": v},
}


def wire(database: Any) -> World:
    """The records in the form in which Attio has them."""
    world: World = {}
    for object, records in database.items():
        specs = {spec.slug: spec for spec in SCHEMA[object]}
        world[object] = {
            id: {
                slug: [
                    WIRE.get(specs[slug].type, lambda _, v: {"value": v})(
                        next(iter(specs[slug].allowed_objects), ""), value
                    )
                    for value in listed(values)
                ]
                for slug, values in record.items()
            }
            for id, record in records.items()
        }
    return world


def check(q: Q, database: Any) -> None:
    compiled = compile_filter(q, PEOPLE)
    world = wire(database)
    for id, record in database["people"].items():
        found = compiled is not NOTHING and matches(compiled, "people", id, world)
        assert found == holds(q, database, record)
    check_negations(compiled)


def check_negations(compiled: Any) -> None:
    """Each ``$not`` wraps one comparison; both bounds of one of many values are one."""
    for inner in negations(compiled):
        bounds = {"$gte", "$lte"}
        of_many = "path" in inner and any(
            set(each) == bounds for each in inner["constraints"].values() if isinstance(each, dict)
        )
        assert comparisons(inner) == (2 if of_many else 1)
        assert not of_many or inner["path"][0][1] == "associated_deals"


@pytest.mark.parametrize("lookup", DIRECT)
@settings(max_examples=50, deadline=None)
@given(data=st.data(), database=databases)
def test_each_lookup_and_its_negation(lookup: str, data: st.DataObject, database: Any) -> None:
    q = data.draw(conditions(lookup))
    check(q, database)
    check(~q, database)


@settings(max_examples=200, deadline=None)
@given(queries, databases)
def test_combinations(q: Q, database: Any) -> None:
    check(q, database)
