"""All that the table of lookups allows, asked of the sandbox, which was written apart from it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest

from attio_orm import Q
from attio_orm.conditions.lookups import RECORD_ID
from attio_orm.conditions.paths import Resolved
from attio_orm.query.compiler import NOTHING
from attio_orm.schema import Member
from attio_orm.types.base import codec_for
from attio_sandbox import Workspace
from tests.query.fakes import Spec, compile_filter, compile_sorts, uid

MEMBER = "owner@sandbox.example"

# A value for each property, such that some records have it and some do not.
SAMPLES: dict[tuple[str, str], Any] = {
    ("text", "value"): "Engineer",
    ("number", "value"): 3,
    ("rating", "value"): 3,
    ("currency", "currency_value"): 1250.5,
    ("date", "value"): dt.date(2020, 5, 1),
    ("timestamp", "value"): dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    ("checkbox", "value"): True,
    ("domain", "domain"): "acme.example.com",
    ("domain", "root_domain"): "example.com",
    ("email-address", "email_address"): "ada@acme.example.com",
    ("email-address", "email_domain"): "acme.example.com",
    ("email-address", "email_root_domain"): "example.com",
    ("email-address", "email_local_specifier"): "ada",
    ("personal-name", "full_name"): "Ada Byron",
    ("personal-name", "first_name"): "Ada",
    ("personal-name", "last_name"): "Byron",
    ("phone-number", "phone_number"): "+12025550123",
    ("phone-number", "country_code"): "US",
    **{("location", f"line_{n}"): "1 High Street" for n in range(1, 5)},
    ("location", "locality"): "London",
    ("location", "region"): "England",
    ("location", "postcode"): "N1",
    ("location", "country_code"): "GB",
    ("select", "active_from"): dt.date(2020, 1, 1),
    ("status", "status"): "Lead",
    ("status", "active_from"): dt.datetime(2020, 1, 1, tzinfo=dt.UTC),
    ("actor-reference", "referenced_actor_id"): MEMBER,
    ("record-reference", "target_object"): "companies",
    ("interaction", "interaction_type"): "email",
    ("interaction", "owner_member_id"): uid(5),
    ("interaction", "interacted_at"): dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
}
PLACE = dict.fromkeys(("line_2", "line_3", "line_4", "latitude", "longitude"))
LONDON = {
    **PLACE,
    "line_1": "1 High Street",
    "locality": "London",
    "region": "England",
    "postcode": "N1",
    "country_code": "GB",
}


class Desk:
    """The sandbox as the tests use it: a resolver for each object, and queries."""

    def __init__(self) -> None:
        self.workspace = Workspace()
        for kind in ("number", "rating", "checkbox", "date", "timestamp"):
            self.workspace.define_attribute("people", api_slug=f"a_{kind}", type=kind)
        (self.company, _) = self.workspace.load(
            "companies",
            [
                {"name": "Acme", "domains": ["acme.example.com"], "primary_location": LONDON},
                {"name": "Other"},
            ],
        )
        people = [
            {
                "name": "Byron, Ada",
                "email_addresses": ["ada@acme.example.com", "ada@other.example.com"],
                "phone_numbers": ["+12025550123"],
                "job_title": "Engineer",
                "primary_location": LONDON,
                "company": {"target_object": "companies", "target_record_id": self.company},
                "a_number": 3,
                "a_rating": 3,
                "a_checkbox": True,
                "a_date": "2020-05-01",
                "a_timestamp": "2026-01-01T00:00:00Z",
            },
            {"name": "Grace", "a_number": 5, "a_checkbox": False, "job_title": "Admiral"},
            {},
        ]
        self.people = self.workspace.load("people", people)
        self.workspace.load(
            "deals",
            [
                {
                    "name": "Pumps",
                    "stage": "Lead",
                    "owner": MEMBER,
                    "value": 1250.5,
                    "associated_people": [
                        {"target_object": "people", "target_record_id": self.people[0]}
                    ],
                },
                {"name": "Pipes", "stage": "Lost", "owner": MEMBER},
            ],
        )
        self.members = [
            Member(each["id"]["workspace_member_id"], each["email_address"])
            for each in self.ask("GET", "/v2/workspace_members")
        ]
        self.objects = {
            object: self.attributes(object) for object in ("people", "companies", "deals")
        }

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        reply = self.workspace.handle(
            method,
            path,
            headers={"authorization": f"Bearer {self.workspace.token}"},
            body=json.dumps(body).encode() if body is not None else b"",
        )
        assert reply.status == 200, reply.body
        return json.loads(reply.body)["data"]

    def attributes(self, object: str) -> dict[str, Spec]:
        ids = {each["id"]["object_id"]: each["api_slug"] for each in self.ask("GET", "/v2/objects")}
        specs = {}
        for each in self.ask("GET", f"/v2/objects/{object}/attributes"):
            allowed = (each["config"].get("record_reference") or {}).get("allowed_object_ids") or []
            specs[each["api_slug"]] = Spec(
                each["api_slug"],
                each["type"],
                is_multi=each["is_multiselect"],
                allowed_objects=tuple(ids[id] for id in allowed),
                currency="USD",
            )
        return specs

    def find(self, object: str, **body: Any) -> list[str]:
        found = self.ask("POST", f"/v2/objects/{object}/records/query", body)
        return [each["id"]["record_id"] for each in found]

    def filter(self, object: str, q: Q) -> set[str]:
        filter = compile_filter(q, SandboxResolver(self, object), members=self.members)
        return set() if filter is NOTHING else set(self.find(object, filter=filter))


class SandboxResolver:
    is_list = False

    def __init__(self, desk: Desk, object: str) -> None:
        self.desk = desk
        self.object = object
        self.model_name = object.title()

    def attribute(self, name: str) -> Resolved | None:
        spec = self.desk.objects[self.object].get(name)
        if spec is None:
            return None
        return Resolved(
            spec.slug,
            spec.type,
            spec.is_multi,
            spec,
            RECORD_ID if spec.slug == "record_id" else codec_for(spec.type).lookups,
            (lambda: SandboxResolver(self.desk, spec.allowed_objects[0]))
            if len(spec.allowed_objects) == 1
            else None,
        )

    def names(self) -> list[str]:
        return list(self.desk.objects[self.object])


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.workspace.close()


PERIODS = {"date": dt.date(2026, 1, 1), "month": "2026-01", "quarter": "2026-Q1", "year": 2026}


def sample(desk: Desk, object: str, spec: Spec, part: str, lookup: str) -> Any:
    if lookup in PERIODS:
        return PERIODS[lookup]
    if spec.slug == "record_id":
        value: Any = desk.people[0]
    elif (spec.type, part) == ("record-reference", "target_record_id"):
        value = desk.company
    elif (spec.type, part) == ("select", "option"):
        options = desk.ask("GET", f"/v2/objects/{object}/attributes/{spec.slug}/options")
        value = options[0]["title"]
    else:
        value = SAMPLES[spec.type, part]
    if lookup == "isnull":
        return True
    return [value, None] if lookup == "in" else (value, value) if lookup == "range" else value


def lookups(spec: Spec) -> Iterator[tuple[str, str]]:
    """Every part and lookup of an attribute, as the end of a path."""
    table = codec_for(spec.type).lookups
    if spec.slug == "record_id":
        yield from (("value", name) for name in ("exact", "not", "in", "isnull"))
        return
    for part in table.properties:
        yield from ((part, name) for name in table.lookups[part])


def path(spec: Spec, part: str, lookup: str) -> str:
    default = codec_for(spec.type).lookups.default
    return f"{spec.slug}__{lookup}" if part == default else f"{spec.slug}__{part}__{lookup}"


@pytest.mark.parametrize("object", ["people", "companies", "deals"])
def test_each_lookup_parts_the_records_in_two(desk: Desk, object: str) -> None:
    everybody = set(desk.find(object))
    for spec in desk.objects[object].values():
        if any(each not in desk.objects for each in spec.allowed_objects):
            continue
        for part, lookup in lookups(spec):
            q = Q(**{path(spec, part, lookup): sample(desk, object, spec, part, lookup)})
            assert desk.filter(object, ~q) == everybody - desk.filter(object, q), q


@pytest.mark.parametrize("relation", ["company", "associated_deals"])
def test_each_lookup_over_a_relation(desk: Desk, relation: str) -> None:
    everybody = set(desk.people)
    (object,) = desk.objects["people"][relation].allowed_objects
    for spec in desk.objects[object].values():
        if any(each not in desk.objects for each in spec.allowed_objects):
            continue
        for part, lookup in lookups(spec):
            q = Q(
                **{
                    f"{relation}__{path(spec, part, lookup)}": sample(
                        desk, object, spec, part, lookup
                    )
                }
            )
            assert desk.filter("people", ~q) == everybody - desk.filter("people", q), q


@pytest.mark.parametrize(
    "lookups",
    [
        {"job_title": "Engineer"},
        {"job_title__contains": "gine"},
        {"name__last_name__startswith": "by"},
        {"email_addresses__email_domain__endswith": "other.example.com"},
        {"phone_numbers__startswith": "+1 202"},
        {"primary_location__country_code": "gb"},
        {"a_number__range": (3, 4)},
        {"a_rating__in": [3, 4]},
        {"a_date__lte": dt.date(2020, 5, 1)},
        {"a_timestamp__gte": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)},
        {"a_checkbox": True},
        {"company__name": "Acme"},
        {"company__domains__root_domain": "example.com"},
        {"company__isnull": False},
        {"company__primary_location__isnull": False},
        {"associated_deals__stage": "Lead"},
        {"associated_deals__owner": MEMBER},
        {"associated_deals__value__gt": 1250},
        {"associated_deals__value__range": (1250, 1251)},
    ],
)
def test_the_one_record_that_is_meant(desk: Desk, lookups: dict[str, Any]) -> None:
    assert desk.filter("people", Q(**lookups)) == {desk.people[0]}


def test_sorts_are_accepted(desk: Desk) -> None:
    resolver = SandboxResolver(desk, "people")
    sorts = ["-name__last_name", "company__name", "-a_number", "created_at", "id"]
    for order in [*([each] for each in sorts), sorts]:
        found = desk.find("people", sorts=compile_sorts(order, resolver))
        assert sorted(found) == sorted(desk.people)
    by_number = desk.find("people", sorts=compile_sorts(["-a_number"], resolver))
    assert by_number[:2] == [desk.people[1], desk.people[0]]
