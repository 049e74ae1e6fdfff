"""Seeds in JSON: what they make, how records refer to each other, and which are refused."""

from __future__ import annotations

from typing import Any

import pytest

from attio_sandbox import SeedError, SeedFile, Workspace
from tests.sandbox.client import Client

PROJECTS = {
    "objects": [{"api_slug": "projects", "singular_noun": "Project", "plural_noun": "Projects"}],
    "lists": [{"api_slug": "sales", "name": "Sales", "parent_object": "companies"}],
    "attributes": [
        {"object": "projects", "api_slug": "name", "type": "text"},
        {"object": "projects", "api_slug": "stage", "type": "status", "statuses": ["Planned"]},
        {
            "object": "projects",
            "api_slug": "people",
            "type": "record-reference",
            "is_multiselect": True,
            "allowed_objects": ["people"],
        },
        {
            "object": "projects",
            "api_slug": "follows",
            "type": "record-reference",
            "allowed_objects": ["projects"],
        },
        {"list": "sales", "api_slug": "priority", "type": "number"},
    ],
    "members": [{"email": "kim@acme.example.com", "first_name": "Kim"}],
}


def by_name(ws: Workspace, slug: str) -> dict[str, Any]:
    found = ws.look_up(f"/v2/objects/{slug}/records/query", json={})
    name = "full_name" if slug == "people" else "value"
    return {each["values"]["name"][0][name]: each for each in found}


def test_all_that_a_seed_has(ws: Workspace) -> None:
    planted = ws.seed(
        {
            "define": PROJECTS,
            "records": {
                "projects": [
                    {
                        "$id": "engine",
                        "name": "Engine",
                        "stage": "Planned",
                        "people": [{"$ref": "ada"}, {"$ref": "bob"}],
                    }
                ],
                "people": [
                    {"$id": "ada", "name": "Byron, Ada", "company": {"$ref": "acme"}},
                    {"$id": "bob", "name": "Bobson, Bob"},
                ],
                "companies": [{"$id": "acme", "name": "Acme", "domains": ["acme.com"]}],
            },
            "entries": {"sales": [{"$record": "acme", "priority": 3}]},
        }
    )
    assert [(each.slug, each.name) for each in planted] == [
        ("projects", "engine"),
        ("people", "ada"),
        ("people", "bob"),
        ("companies", "acme"),
        ("sales", None),
    ]
    people, companies = by_name(ws, "people"), by_name(ws, "companies")
    project = by_name(ws, "projects")["Engine"]
    assert project["id"]["record_id"] == planted[0].id
    named = [each["target_record_id"] for each in project["values"]["people"]]
    assert named == [people[name]["id"]["record_id"] for name in ("Ada Byron", "Bob Bobson")]
    acme = companies["Acme"]["id"]["record_id"]
    assert people["Ada Byron"]["values"]["company"][0]["target_record_id"] == acme
    (entry,) = ws.look_up("/v2/lists/sales/entries/query", json={})
    assert (entry["parent_record_id"], entry["id"]["entry_id"]) == (acme, planted[-1].id)
    assert entry["entry_values"]["priority"][0]["value"] == 3
    emails = [each["email_address"] for each in ws.look_up("/v2/workspace_members")]
    assert "kim@acme.example.com" in emails


def test_records_may_refer_in_a_circle(ws: Workspace) -> None:
    first = {"$id": "one", "name": "One", "follows": {"$ref": "two"}}
    second = {"$id": "two", "name": "Two", "follows": {"$ref": "one"}}
    itself = {"$id": "three", "name": "Three", "follows": {"$ref": "three"}}
    ws.seed({"define": PROJECTS, "records": {"projects": [first, second, itself]}})
    found = by_name(ws, "projects")
    follows = {
        name: each["values"]["follows"][0]["target_record_id"] for name, each in found.items()
    }
    assert follows == {
        name: found[other]["id"]["record_id"]
        for name, other in (("One", "Two"), ("Two", "One"), ("Three", "Three"))
    }


def test_a_long_chain(ws: Workspace) -> None:
    rows = [{"$id": f"{n}", "name": f"{n}", "follows": {"$ref": f"{n + 1}"}} for n in range(3000)]
    rows.append({"$id": "3000", "name": "3000"})
    ws.seed({"define": PROJECTS, "records": {"projects": rows}})
    assert ws.count("projects") == 3001
    filled = {"filter": {"follows": {"target_record_id": {"$not_empty": True}}}}
    assert len(Client(ws).data("POST", "/v2/objects/projects/records/query", filled)) == 500


def test_records_as_a_list_and_entries_of_a_known_record(ws: Workspace) -> None:
    (made,) = ws.seed(
        {"records": [{"object": "companies", "$id": "acme", "values": {"name": "Acme"}}]}
    )
    assert (made.target, made.slug, made.name) == ("objects", "companies", "acme")
    entries = {"sales": [{"$record": made.id}]}
    ws.seed({"define": {"lists": PROJECTS["lists"]}, "entries": entries})
    (entry,) = ws.look_up("/v2/lists/sales/entries/query", json={})
    assert entry["parent_record_id"] == made.id


def test_what_is_there_already_stays(ws: Workspace) -> None:
    for _ in range(2):
        ws.seed({"define": PROJECTS})
    ws.seed({"records": {"projects": [{"name": "Engine"}]}})
    assert ws.count("projects") == 1


def test_no_webhook_is_told(ws: Workspace) -> None:
    url = "https://app.example/hooks"
    body = {"target_url": url, "subscriptions": [{"event_type": "record.created", "filter": None}]}
    Client(ws).data("POST", "/v2/webhooks", {"data": body})
    ws.receive(url, lambda delivery: 200)
    ws.seed({"records": {"companies": [{"name": "Acme"}]}})
    assert ws.webhooks.deliveries == []


def test_a_seed_is_whole_or_not_there(ws: Workspace) -> None:
    records = {"companies": [{"name": "Acme"}, {"name": 5}]}
    with pytest.raises(SeedError, match=r"record 2 \(companies\)"):
        ws.seed({"define": PROJECTS, "records": records})
    assert ws.count("companies") == 0
    assert Client(ws).send("GET", "/v2/objects/projects").status == 404


def test_a_new_workspace_of_a_broken_seed() -> None:
    with pytest.raises(SeedError, match="record 1"):
        Workspace(seed={"records": {"nothing": [{}]}})


TEXT = """{
  "records": {
    "companies": [
      {"$id": "acme", "name": "Acme"},
      {"$id": "acme", "name": "Beta"}
    ],
    "people": [
      {"name": "Byron, Ada", "company": {"$ref": "acm"}},
      {
        "name": "Bobson, Bob",
        "company": {"$ref": 7}
      },
      "Carl"
    ]
  },
  "entries": {"sales": [
    {"$record": "nobody"},
    {}
  ]},
  "people": []
}"""


def test_every_problem_is_named_by_its_line() -> None:
    with pytest.raises(SeedError) as refused:
        SeedFile(TEXT, "crm.json")
    assert set(refused.value.problems) == {
        "'people' is not a part of a seed: it has 'define', 'records', 'entries'.",
        "line 5, record 2 (companies): the name 'acme' is that of line 4, record 1 (companies) "
        "too. Each $id may be given once.",
        "line 8, record 3 (people): there is no record 'acm', which it names in 'company'. Give "
        'one that "$id".',
        """line 9, record 4: 'company': a reference is {"$ref": "name"} alone.""",
        "line 13, record 5: it is not an object.",
        "line 17, entry 1 (sales): there is no record 'nobody', which it names as $record. Give "
        'one that "$id".',
        'line 18, entry 2: it names no "$record" that it is of.',
    }
    assert str(refused.value).startswith("The seed crm.json is refused, and nothing of it")


def test_what_attio_refuses_is_named_by_its_line(ws: Workspace) -> None:
    text = '{"records": {"companies": [\n{"name": "Acme"},\n{"name": 5}]}}'
    with pytest.raises(SeedError, match=r"line 3, record 2 \(companies\): .*") as refused:
        ws.seed(SeedFile(text))
    assert len(refused.value.problems) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not a JSON object"),
        ("[]", "not a JSON object"),
        ('{"records":\n\n nope}', "line 3: it is not a JSON object"),
        ("[" * 100_000, "not a JSON object"),
        ('{"records": 5}', '"records" is an object of slugs of objects'),
        ('{"records": {"people": {}}}', '"records" is an object of slugs of objects'),
        ('{"entries": []}', '"entries" is an object of slugs of lists'),
        ('{"records": [{}]}', 'record 1: it names no "object"'),
        ('{"records": [{"object": "people", "name": "Ada"}]}', "record 1: it has 'name' beside"),
        ('{"records": [{"object": "people", "values": 1}]}', '"values" are not an object'),
        ('{"records": {"people": [{"$id": 5}]}}', "its .id is not a text"),
        ('{"define": []}', '"define" is an object'),
        ('{"define": {"notes": []}}', "\"define\" has no 'notes'"),
        ('{"define": {"objects": [1]}}', "'objects' that is not a list of objects"),
    ],
    ids=lambda text: text[:20],
)
def test_seeds_that_are_none(text: str, words: str) -> None:
    with pytest.raises(SeedError, match=words):
        SeedFile(text)


SELECT = {"object": "people", "api_slug": "mood", "type": "select"}


@pytest.mark.parametrize(
    ("defined", "words"),
    [
        ({"objects": [{"api_slug": "x"}]}, "object 1 of define: it has no 'singular_noun'"),
        ({"members": [{"mail": "x"}]}, "member 1 of define: it has 'mail', which none of these"),
        ({"attributes": [{"api_slug": "x"}]}, 'attribute 1 of define: it names one "object"'),
        (
            {"attributes": [{"object": "people", "api_slug": "x", "type": "words"}]},
            "attribute 1 of define: .*Invalid enum value",
        ),
        (
            {"attributes": [{"object": "people", "api_slug": "name", "type": "text"}]},
            "there already, of the type 'personal-name'",
        ),
        ({"lists": [{"api_slug": "x", "name": "X", "parent_object": "no"}]}, "list 1 of define"),
        ({"members": [{"email": 5}]}, "member 1 of define: its 'email' is not of the kind string"),
        ({"members": [{}]}, "member 1 of define: it has no 'email'"),
        (
            {"objects": [{"api_slug": ["x"], "singular_noun": "X", "plural_noun": "X"}]},
            "its 'api_slug' is not of the kind string",
        ),
        (
            {
                "objects": [
                    {"api_slug": "x", "singular_noun": "X", "plural_noun": "Xs", "colour": "red"}
                ]
            },
            "it has 'colour', which none of these",
        ),
        ({"attributes": [{**SELECT, "options": "AB"}]}, "its 'options' is not an array of strings"),
        (
            {"attributes": [{**SELECT, "options": ["A", 1]}]},
            "its 'options' is not an array of strings",
        ),
        ({"attributes": [{**SELECT, "is_required": "no"}]}, "not of the kind boolean"),
        ({"attributes": [{**SELECT, "target": "lists"}]}, "it has 'target'"),
        ({"attributes": [{**SELECT, "list": "sales"}]}, 'it names one "object"'),
    ],
    ids=[
        *("object", "member", "attribute", "type", "there", "list", "email", "no email", "slug"),
        *("colour", "text as options", "number as option", "flag", "target", "two homes"),
    ],
)
def test_definitions_that_are_none(ws: Workspace, defined: Any, words: str) -> None:
    with pytest.raises(SeedError, match=words):
        ws.seed({"define": defined})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b'{"records":\n{"people": [{"name": "\xff"}]}}', "line 2: it is not UTF-8"),
        (b'{"define":\n{"members": [{"email": "\xff"}]}}', "UTF-8"),
        (b'{"define": {"members": [{"email": 1e999}]}}', "out of range"),
        (b'{"records": {"people": [\n{"job_title": 1e999}]}}', "line 2, record 1: .*out of range"),
        (b'{"records": {"people": [{"name": "\\ud800"}]}}', "not a JSON object"),
    ],
    ids=["bytes", "bytes of a definition", "number of a definition", "number", "surrogate"],
)
def test_text_and_numbers_that_are_none(text: bytes, words: str) -> None:
    with pytest.raises(SeedError, match=words):
        SeedFile(text)


def test_names_that_are_given_twice() -> None:
    """JSON keeps the last of them: half of a seed would be left out, and nobody told."""
    text = '{"records": {"people": [{"name": "Ada"}], "people": [{"name": "Bob"}]}, "records": {}}'
    with pytest.raises(SeedError) as refused:
        SeedFile(text)
    assert list(refused.value.problems) == [
        f"the name {name!r} is given twice in one object. The last one alone would count."
        for name in ("people", "records")
    ]


def test_a_reference_in_a_list_of_a_list(ws: Workspace) -> None:
    """No value of Attio's is one: it is refused as any other."""
    with pytest.raises(SeedError, match="Expected object, received array"):
        ws.seed(SeedFile('{"records": {"people": [{"company": [[{"$ref": "x"}]]}]}}'))


def test_what_json_has_not() -> None:
    with pytest.raises(SeedError, match="JSON has not"):
        SeedFile({"records": {"people": [{"name": object()}]}})


def test_many_problems_are_counted() -> None:
    with pytest.raises(SeedError, match="and 80 more"):
        SeedFile({"records": {"people": [{"name": {"$ref": "no"}}] * 100}})
