"""The grammar of filters: what is taken, what is refused and with which code."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import Clock, Workspace
from tests.sandbox.client import GHOST, Client, record_id
from tests.sandbox.helpers import OWNER


def reference(slug: str, key: str) -> dict[str, str]:
    return {"target_object": slug, "target_record_id": key}


@pytest.fixture
def bob(api: Client, clock: Clock) -> str:
    clock.move(0.001)
    return record_id(api.create("people", name="Bob", email_addresses=["bob@x.dev"]))


@pytest.fixture
def deal(api: Client, acme: str, ada: str) -> str:
    return record_id(
        api.create(
            "deals", name="Big", stage="Lead", owner=OWNER, value=1000,
            associated_company="acme.test", associated_people=[reference("people", ada)],
        )
    )  # fmt: skip


@pytest.fixture
def small(api: Client, deal: str, clock: Clock) -> str:
    clock.move(0.001)
    return record_id(api.create("deals", name="Small", stage="Lost", owner=OWNER))


class TestPeople:
    @pytest.mark.parametrize(
        "filter_",
        [
            {"name": "Ada Lovelace"},
            {"name": {"$eq": "Ada Lovelace"}},
            {"name": {"full_name": {"$eq": "Ada Lovelace"}}},
            {"name": {"first_name": "Ada", "last_name": {"$starts_with": "LOVE"}}},
            {"name": {"$contains": "a love", "$ends_with": "LACE"}},
            {"job_title": "VP Sales", "name": {"$contains": "ada"}},
            {"$and": [{"job_title": {"$in": ["VP Sales", "CEO"]}}, {}]},
            {"$or": [{"job_title": "CEO"}, {"name": "Ada Lovelace"}]},
            {"$not": {"$or": [{"name": "Bob"}, {"name": "Cy"}]}},
            {"$not": {"job_title": {"$not_empty": True}, "name": "Bob"},
             "company": {"$not_empty": True}},
            {"email_addresses": "ADA@acme.example.com"},
            {"email_addresses": {"email_root_domain": "example.com"}},
            {"email_addresses": {"email_domain": {"$not_empty": True}, "$starts_with": "ada"}},
            {"company": {"target_object": "companies", "target_record_id": {"$not_empty": True}}},
            {"path": [["people", "company"], ["companies", "name"]],
             "constraints": {"value": "Acme"}},
            {"path": [["people", "company"], ["companies", "name"]],
             "constraints": {"$not_empty": True}},
            {"path": [["people", "company"], ["companies", "categories"]],
             "constraints": {"option": "saas"}},
            {"path": [["people", "name"]], "constraints": {"first_name": {"$eq": "Ada"}}},
            {"path": [["people", "company"], ["companies", "team"], ["people", "company"],
                      ["companies", "team"], ["people", "job_title"]],
             "constraints": {"value": {"$contains": "vp"}}},
            {"path": [["people", "company"], ["companies", "created_at"]],
             "constraints": {"value": {"$lte": "2026-02-03T10:11:12.520000000Z"}}},
            {"$and": [{"created_by": {"$not_empty": True}}, {"job_title": {"$not_empty": True}}]},
        ],
    )  # fmt: skip
    def test_finds_ada_alone(self, api: Client, ada: str, bob: str, filter_: Any) -> None:
        assert api.ids("people", filter_) == [ada]

    def test_ids_of_attributes_and_objects_do_as_well(
        self, api: Client, ada: str, bob: str
    ) -> None:
        attribute = api.data("GET", "/v2/objects/people/attributes/job_title")["id"]
        filter_ = {attribute["attribute_id"]: "VP Sales"}
        assert api.ids("people", filter_) == [ada]
        path = [[attribute["object_id"], attribute["attribute_id"]]]
        assert api.ids("people", {"path": path, "constraints": {"value": "VP Sales"}}) == [ada]

    def test_empty_junctions(self, api: Client, ada: str, bob: str) -> None:
        assert api.ids("people", {"$and": []}) == sorted([ada, bob])
        assert api.ids("people", {"$or": []}) == []
        assert api.ids("people", {"$not": {}}) == []
        assert api.ids("people", {"record_id": {"$in": []}}) == []

    def test_record_ids(self, ws: Workspace, api: Client, acme: str, ada: str, bob: str) -> None:
        both = sorted([ada, bob])
        assert api.ids("people", {"record_id": ada.upper()}) == [ada]
        assert api.ids("people", {"record_id": {"$in": [bob, ada, acme, GHOST]}}) == both
        assert api.ids("people", {"$not": {"record_id": {"$in": [ada]}}}) == [bob]
        assert api.ids("people", {"record_id": {"$not_empty": True}}) == both
        path = [["people", "company"], ["companies", "record_id"]]
        assert api.ids("people", {"path": path, "constraints": {"value": {"$in": [acme]}}}) == [ada]
        by_target = {"target_object": "companies", "target_record_id": {"$in": [acme, GHOST]}}
        assert api.ids("people", {"company": by_target}) == [ada]
        ws.refuse_record_id_in = True
        assert api.try_query("people", {"record_id": {"$in": [ada]}}).code == "400 filter_error"
        assert api.ids("people", {"record_id": ada}) == [ada]
        assert api.ids("people", {"company": by_target}) == [ada]

    def test_created_by(self, api: Client, ada: str, bob: str) -> None:
        token = api.values("people", ada, "created_by")[0]["referenced_actor_id"]

        def where(kind: str, key: str) -> dict[str, Any]:
            return {"created_by": {"referenced_actor_type": kind, "referenced_actor_id": key}}

        assert api.ids("people", where("api-token", token)) == sorted([ada, bob])
        assert api.ids("people", where("workspace-member", token)) == []
        answer = api.try_query("people", {"created_by": {"referenced_actor_type": "api-token"}})
        assert answer.code == "400 filter_error"

    def test_times_compare_to_the_nanosecond(self, api: Client, ada: str, clock: Clock) -> None:
        clock.move(0.001)
        later = record_id(api.create("people"))
        exact = api.read("people", ada)["created_at"]
        assert api.ids("people", {"created_at": exact}) == [ada]
        assert api.ids("people", {"created_at": {"$gt": exact}}) == [later]
        assert api.ids("people", {"created_at": {"$gte": exact}}) == sorted([ada, later])
        just_after = exact.replace("000000Z", "000001Z")
        assert api.ids("people", {"created_at": {"$lt": just_after}}) == [ada]
        moved = {"created_at": {"$lte": "2026-02-03T12:11:12.520+02:00"}}
        assert api.ids("people", moved) == [ada]

    def test_a_many_valued_attribute_matches_by_any_value(self, api: Client, acme: str) -> None:
        both = {"$and": [{"categories": "SAAS"}, {"categories": "B2B"}]}
        assert api.ids("companies", both) == [acme]
        assert api.ids("companies", {"$not": {"categories": "SAAS"}}) == []

    def test_archived_attributes_are_unknown(self, ws: Workspace, api: Client) -> None:
        ws.define_attribute("people", api_slug="nick", type="text")
        path = "/v2/objects/people/attributes/nick"
        api.data("PATCH", path, {"data": {"is_archived": True}})
        assert api.try_query("people", {"nick": "x"}).code == "400 unknown_filter_attribute_slug"


class TestDeals:
    def test_owner_needs_both_parts(
        self, ws: Workspace, api: Client, deal: str, small: str
    ) -> None:
        member = api.values("deals", deal, "owner")[0]["referenced_actor_id"]
        both = {"referenced_actor_type": "workspace-member", "referenced_actor_id": member}
        assert api.ids("deals", {"owner": both}) == sorted([deal, small])
        other = ws.setup.add_member("kim@acme.example.com")
        assert api.ids("deals", {"owner": both | {"referenced_actor_id": other}}) == []
        for part in both:
            answer = api.try_query("deals", {"owner": {part: both[part]}})
            assert answer.code == "400 filter_error"
            assert answer.json["message"].startswith(
                "Filter cannot omit field for Attribute: owner. In this case please use syntax: "
                "{ attributeName: { fieldName: { ... } } }"
            )

    def test_status_by_title_and_id(self, api: Client, deal: str, small: str) -> None:
        key = api.values("deals", small, "stage")[0]["status"]["id"]["status_id"]
        for name in ("Lost", "lost", key):
            assert api.ids("deals", {"stage": name}) == [small]
            assert api.ids("deals", {"stage": {"status": {"$eq": name}}}) == [small]
            assert api.ids("deals", {"$not": {"stage": name}}) == [deal]
        assert api.try_query("deals", {"stage": "Ghosted"}).code == "400 value_not_found"

    def test_active_from(self, api: Client, deal: str, small: str, clock: Clock) -> None:
        clock.move(86_400 * 7)
        api.patch("deals", deal, stage="In Progress")
        since = {"stage": {"active_from": {"$gte": "2026-02-05"}}}
        assert api.ids("deals", since) == [deal]
        assert api.ids("deals", {"$not": since}) == [small]
        both = {"stage": {"status": "Lost", "active_from": {"$lt": "2026-02-04T00:00:00Z"}}}
        assert api.ids("deals", both) == [small]
        # Writing the same stage again does not enter it again.
        clock.move(86_400 * 7)
        api.patch("deals", deal, stage="In Progress")
        assert api.ids("deals", {"stage": {"active_from": {"$gte": "2026-02-11"}}}) == []
        for bad in (
            "2026-02",
            "yesterday",
            5,
            {"$eq": "2026-02-05"},
            {"$gte": 5},
            {"$gte": "2026-02"},
        ):
            answer = api.try_query("deals", {"stage": {"active_from": bad}})
            assert answer.code == "400 filter_error"

    def test_amounts(self, api: Client, deal: str, small: str) -> None:
        for given in (1000, "1000", 1000.0, "1e3"):
            assert api.ids("deals", {"value": given}) == [deal]
        assert api.ids("deals", {"value": {"$gte": 999.5, "$lt": 1001}}) == [deal]
        assert api.ids("deals", {"$not": {"value": {"$gt": 5}}}) == [small]

    def test_paths_through_many(self, api: Client, deal: str, small: str) -> None:
        path = [["deals", "associated_people"], ["people", "email_addresses"]]
        filter_ = {"path": path, "constraints": {"email_domain": "acme.example.com"}}
        assert api.ids("deals", filter_) == [deal]
        assert api.ids("deals", {"$not": filter_}) == [small]

    def test_any_object_can_be_reached_where_all_are_allowed(
        self, ws: Workspace, api: Client, deal: str, acme: str, ada: str
    ) -> None:
        ws.define_attribute("deals", api_slug="about", type="record-reference", is_multiselect=True)
        both = [reference("companies", acme), reference("people", ada)]
        api.patch("deals", deal, about=both)
        assert api.ids("deals", {"about": {"target_object": "people"}}) == [deal]
        assert api.ids("deals", {"about": {"target_object": "users"}}) == []
        assert api.ids("deals", {"about": reference("people", acme)}) == []
        assert api.ids("deals", {"about": reference("people", ada)}) == [deal]
        path = [["deals", "about"], ["people", "job_title"]]
        found = {"path": path, "constraints": {"value": "VP Sales"}}
        assert api.ids("deals", found) == [deal]


UNKNOWN = "400 unknown_filter_attribute_slug"
WRONG = "400 filter_error"


@pytest.mark.parametrize(
    ("filter_", "code"),
    [
        ({"ghost": 1}, UNKNOWN),
        ({"first_name": "Ada"}, UNKNOWN),
        ({"$not": {"$and": [{"ghost": 1}]}}, UNKNOWN),
        ({"path": [["people", "ghost"]], "constraints": {"value": 1}}, UNKNOWN),
        ({"path": [["people", "company"], ["companies", "ghost"]], "constraints": {}}, UNKNOWN),
        ({"$nor": []}, WRONG),
        ({"$and": {}}, WRONG),
        ({"$or": [5]}, WRONG),
        ({"$not": []}, WRONG),
        ({"filters": []}, UNKNOWN),
        ({"name": {}}, WRONG),
        ({"name": {"last_name": {}}}, WRONG),
        ({"name": None}, WRONG),
        ({"name": {"$eq": None}}, WRONG),
        ({"name": ["Ada"]}, WRONG),
        ({"name": {"$ne": "Ada"}}, WRONG),
        ({"name": {"$and": [{"first_name": "Ada"}]}}, WRONG),
        ({"name": {"$in": ["Ada"]}}, WRONG),
        ({"name": {"$gt": "Ada"}}, WRONG),
        ({"name": {"middle_name": "x"}}, WRONG),
        ({"name": {"$not_empty": False}}, WRONG),
        ({"name": {"last_name": {"$not_empty": "true"}}}, WRONG),
        ({"job_title": {"$in": "VP"}}, WRONG),
        ({"job_title": 5}, WRONG),
        ({"email_addresses": {"$in": ["a@x.example.com"]}}, WRONG),
        ({"email_addresses": {"email_root_domain": {"$in": ["x.test"]}}}, WRONG),
        ({"phone_numbers": {"country_code": {"$contains": "U"}}}, WRONG),
        ({"primary_location": "Rome"}, WRONG),
        ({"primary_location": {"$eq": "Rome"}}, WRONG),
        ({"primary_location": {"latitude": "1"}}, WRONG),
        ({"primary_location": {"country_code": {"$contains": "U"}}}, WRONG),
        ({"company": GHOST}, WRONG),
        ({"company": {"$eq": GHOST}}, WRONG),
        ({"company": {"name": "Acme"}}, WRONG),
        ({"company": {"target_object": "ghosts"}}, WRONG),
        ({"company": {"target_object": {"$in": ["companies"]}}}, WRONG),
        ({"company": {"target_record_id": 5}}, WRONG),
        ({"last_interaction": "email"}, WRONG),
        ({"record_id": {"$contains": "1"}}, WRONG),
        ({"created_at": "2026-01-01"}, WRONG),
        ({"created_at": {"$gte": 1767225600}}, WRONG),
        ({"created_at": {"$gte": "today"}}, WRONG),
        ({"created_at": {"$in": ["2026-01-01T00:00:00Z"]}}, WRONG),
        ({"twitter_follower_count": "5"}, WRONG),
        ({"twitter_follower_count": True}, WRONG),
        ({"twitter_follower_count": {"$contains": 5}}, WRONG),
        ({"path": [["companies", "name"]], "constraints": {"value": "x"}}, WRONG),
        ({"path": [["people", "name"], ["companies", "name"]],
          "constraints": {"value": "x"}}, WRONG),
        ({"path": [["people", "company"], ["people", "name"]],
          "constraints": {"value": "x"}}, WRONG),
        ({"path": [["people", "company"], ["ghosts", "name"]],
          "constraints": {"value": "x"}}, WRONG),
        ({"path": [], "constraints": {"value": "x"}}, WRONG),
        ({"path": "name", "constraints": {"value": "x"}}, WRONG),
        ({"path": [["people"]], "constraints": {"value": "x"}}, WRONG),
        ({"path": [["people", 5]], "constraints": {"value": "x"}}, WRONG),
        ({"path": [["people", "job_title"]], "constraints": {}}, WRONG),
        ({"path": [["people", "job_title"]], "constraints": "VP"}, WRONG),
        ({"path": [["people", "job_title"]], "constraints": {"value": "x"}, "name": "y"}, WRONG),
        ({"path": [["people", "company"], ["companies", "team"]] * 3, "constraints": {}}, WRONG),
    ],
)  # fmt: skip
def test_refusals(api: Client, filter_: Any, code: str) -> None:
    answer = api.try_query("people", filter_)
    assert answer.code == code
    assert answer.json["type"] == "invalid_request_error"
    assert answer.json["message"]


@pytest.mark.parametrize(
    ("slug", "filter_"),
    [
        ("companies", {"foundation_date": "2020"}),
        ("companies", {"foundation_date": {"$gte": "2020-01-01T00:00:00Z"}}),
        ("companies", {"funding_raised_usd": "a lot"}),
        ("companies", {"funding_raised_usd": {"currency_code": "USD"}}),
        ("companies", {"funding_raised_usd": "NaN"}),
        ("companies", {"categories": {"$in": ["SAAS"]}}),
        ("companies", {"categories": 5}),
        ("companies", {"domains": {"$in": ["acme.test"]}}),
        ("deals", {"stage": {"$contains": "Won"}}),
    ],
)
def test_refusals_of_other_types(api: Client, slug: str, filter_: Any) -> None:
    assert api.try_query(slug, filter_).code == WRONG


def test_not_empty_works_on_every_attribute(api: Client) -> None:
    for slug in ("people", "companies", "deals", "users", "workspaces"):
        for attribute in api.data("GET", f"/v2/objects/{slug}/attributes"):
            filter_ = {attribute["api_slug"]: {"$not_empty": True}}
            assert api.try_query(slug, filter_).status == 200
            assert api.try_query(slug, {"$not": filter_}).status == 200
    api.create("people", primary_location="Rome", phone_numbers=["+19725550123"])
    for filter_ in (
        {"primary_location": {"locality": {"$not_empty": True}}},
        {"phone_numbers": {"country_code": {"$not_empty": True}}},
        {"$not": {"primary_location": {"country_code": {"$not_empty": True}}}},
    ):
        assert len(api.ids("people", filter_)) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"limit": 0}, {"limit": -1}, {"limit": 501}, {"limit": "10"}, {"limit": 1.5},
        {"limit": None}, {"offset": -1}, {"offset": "0"}, {"filter": []}, {"filter": "name"},
        {"sorts": {}}, {"sorts": [{"attribute": "name"}]},
        {"sorts": [{"attribute": "name", "direction": "up"}]},
        {"sorts": [{"direction": "asc", "path": []}]},
        {"sorts": [{"direction": "asc"}]}, {"filter_view_id": "x"},
        {"filter_view_id": GHOST, "filter": {}}, [], "x",
    ],
)  # fmt: skip
def test_bodies_of_the_wrong_shape(api: Client, body: Any) -> None:
    answer = api.send("POST", "/v2/objects/people/records/query", body)
    assert answer.code == "400 validation_type"


@pytest.mark.parametrize(
    "body",
    [
        {"sort": []}, {"cursor": "x"},
        {"sorts": [{"attribute": "name", "direction": "asc", "path": []}]},
    ],
)  # fmt: skip
def test_members_that_nobody_knows_are_ignored(api: Client, body: Any) -> None:
    assert api.data("POST", "/v2/objects/people/records/query", body) == []


def test_views_are_not_there(api: Client) -> None:
    answer = api.try_query("people", filter_view_id=GHOST)
    assert answer.code == "404 not_found"


def test_pages(ws: Workspace, api: Client) -> None:
    keys = ws.load("people", ({"name": str(index)} for index in range(503)))
    ordered = sorted(keys)  # all of one millisecond
    assert api.ids("people") == ordered[:500]
    assert api.ids("people", offset=500) == ordered[500:]
    assert api.ids("people", limit=2.0, offset=1) == ordered[1:3]
    assert api.ids("people", offset=10_000) == []
    assert ws.handle("POST", "/v2/objects/people/records/query", headers=api.headers).status == 200


@pytest.mark.parametrize("levels", [99, 101, 1_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [('{"$not":', "}"), ('{"$and":[', "]}")])
def test_deep_filters_are_answered_or_refused(
    ws: Workspace, api: Client, ada: str, levels: int, opening: str, closing: str
) -> None:
    body = f'{{"filter":{opening * levels}{{"name":"Bob"}}{closing * levels}}}'
    path = "/v2/objects/people/records/query"
    reply = ws.handle("POST", path, headers=api.headers, body=body.encode())
    assert reply.status == (200 if levels < 100 else 400)


def test_wide_filters_are_answered_or_refused(api: Client, ada: str) -> None:
    same = {"$or": [{"name": f"Nobody {index}"} for index in range(10_000)] + [{"name": "Bob"}]}
    assert api.ids("people", same) == []
    assert api.ids("people", {"$not": same}) == [ada]
    wide = {"$or": [{"name": {"$contains": f"Nobody {index}"}} for index in range(10_000)]}
    assert api.try_query("people", wide).code == "400 filter_error"
    many = {"$or": [{"name": {"$contains": f"Nobody {index}"}} for index in range(900)]}
    assert api.ids("people", many) == []
    ladder: Any = {"name": "Ada Lovelace"}
    for level in range(18):
        ladder = {"$or" if level % 2 else "$and": [{"name": {"$contains": str(level)}}, ladder]}
    assert api.try_query("people", ladder).status == 200
    for level in range(60):
        ladder = {"$or" if level % 2 else "$and": [{"name": {"$contains": str(level)}}, ladder]}
    assert api.try_query("people", ladder).code == "400 filter_error"


def test_the_deepest_tree_that_is_let_through_does_not_break_sqlite(api: Client) -> None:
    ladder: Any = {"name": {"$contains": "x"}}
    for level in range(18):
        wide = [{"name": {"$contains": f"{level} {index}"}} for index in range(50)]
        ladder = {"$or" if level % 2 else "$and": [*wide, ladder]}
    assert api.query("people", ladder) == []
    wide = [{"name": {"$contains": str(index)}} for index in range(1_000)]
    assert api.query("people", {"$or": wide}) == []
