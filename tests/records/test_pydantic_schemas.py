"""Models as pydantic fields and in FastAPI: responses, bodies, and the schemas of both."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

import httpx
import jsonschema
import pydantic
import pytest
from fastapi import Body, FastAPI
from fastapi.encoders import jsonable_encoder

from attio_orm import Company, Deal, ListEntry, Many, Maybe, Model, One, Person, User, attributes
from attio_orm.attributes import EmailAddresses, Number, PersonalName, Select, Status, Text
from attio_orm.records.base import mapper_of
from attio_orm.testing import SandboxHandle, assert_num_requests
from attio_orm.values import Money
from tests.colours import Colour

ACME = "11111111-1111-4111-8111-111111111111"
ANYTHING: dict[str, Any] = {}
NULL = {"type": "null"}
UUID = {"type": "string", "format": "uuid"}


class Contact(Model):
    """Declares some, leaves the rest to the workspace."""

    name: PersonalName
    email_addresses: EmailAddresses


class Venture(Model):
    founder: Maybe[Contact]
    partners: Many[Venture]
    backer: Maybe[Contact | Venture]
    anything: Maybe[Model]


class Candidate(ListEntry, list="hiring", parent=Person):
    level: Number


KINDS = sorted(set(attributes.__all__) - {"Attribute", "One", "Maybe", "Many"})
EveryKind: Any = type(
    "EveryKind", (Model,), {name.lower(): getattr(attributes, name)() for name in KINDS}
)
Mode = Literal["validation", "serialization"]


def schema_of(model: Any, mode: Mode = "serialization") -> dict[str, Any]:
    return pydantic.TypeAdapter(model).json_schema(mode=mode)


def check_json(record: Model) -> dict[str, Any]:
    """The record's JSON, which is as its schema says."""
    found = record.model_dump(mode="json")
    jsonschema.validate(found, type(record).model_json_schema(mode="serialization"))
    assert json.loads(record.model_dump_json()) == found
    return found


class TestFields:
    def test_an_instance_is_a_field(self, ada: Person) -> None:
        class Answer(pydantic.BaseModel):
            person: Person
            others: list[Person] = []
            boss: Person | None = None

        answer = Answer(person=ada, others=[ada])

        assert answer.person is ada
        assert answer.model_dump()["person"] == ada.model_dump()
        found = json.loads(answer.model_dump_json())
        assert found["others"] == [ada.model_dump(mode="json")]
        shown = answer.model_dump(include={"person": {"name"}})
        assert shown == {"person": {"name": "Ada Byron"}}
        with pytest.raises(pydantic.ValidationError, match="should be a Person, or an object"):
            Answer(person=Company(name="Acme"))  # type: ignore[arg-type]

    def test_what_is_none_is_left_out_where_that_is_asked_for(self, ada: Person) -> None:
        adapter = pydantic.TypeAdapter(list[Person])
        (found,) = adapter.dump_python([ada], mode="json", exclude_none=True)
        whole = ada.model_dump(mode="json")
        company = whole.pop("company")
        assert found.pop("company") == {n: each for n, each in company.items() if each is not None}
        assert found == {name: each for name, each in whole.items() if each is not None}
        assert "twitter" not in found

    def test_anything_may_be_a_record(self, ada: Person) -> None:
        class Loose(pydantic.BaseModel):
            value: Any
            several: list[Any] = []

        loose = Loose(value=ada, several=[ada])
        plain = ada.model_dump(mode="json")
        assert loose.model_dump()["value"] == ada.model_dump()
        assert loose.model_dump(mode="json") == {"value": plain, "several": [plain]}
        assert json.loads(loose.model_dump_json())["value"] == plain

    def test_a_new_one_is_made_of_plain_data(self, attio_sandbox: SandboxHandle) -> None:
        data = {
            "name": "Byron, Ada",
            "email_addresses": ["ada@lovelace.dev"],
            "company": {"target_object": "companies", "domains": [{"domain": "acme.com"}]},
        }
        Company.objects.create(name="Acme", domains=["acme.com"])
        adapter = pydantic.TypeAdapter(Person)
        jsonschema.validate(data, adapter.json_schema())
        for made in (adapter.validate_python(data), adapter.validate_json(json.dumps(data))):
            assert made.id is None
            assert made.name == "Ada Byron"
        made.save()
        assert Person.objects.get(company__name="Acme") is made

    def test_one_text_of_error_for_python_and_json(self, attio_sandbox: SandboxHandle) -> None:
        adapter = pydantic.TypeAdapter(list[Person])
        wrong: list[Any] = [
            {"email_addresses": ["ada"], "job_titel": "Countess", "created_by": "a@b.dev"},
            {"id": ACME},
            {"company": 3},
            {"nothing": 1, "fetch_mode": 2, "save": 3},
            3,
        ]
        with pytest.raises(pydantic.ValidationError) as in_python:
            adapter.validate_python(wrong)
        with pytest.raises(pydantic.ValidationError) as in_json:
            adapter.validate_json(json.dumps(wrong))
        assert in_python.value.errors() == in_json.value.errors()
        said = {each["loc"]: each["msg"] for each in in_python.value.errors()}
        assert list(said) == [
            (0, "job_titel"), (0, "email_addresses"), (0, "created_by"), (1, "id"), (2, "company"),
            (3, "nothing"), (3, "fetch_mode"), (3, "save"), (4,),
        ]  # fmt: skip
        assert said[0, "job_titel"].endswith("Did you mean 'job_title'?")
        assert said[0, "email_addresses"].startswith("'ada' is not a valid e-mail address: give")
        assert "computed by Attio" in said[0, "created_by"]
        assert "leave it out" in said[1, "id"]
        assert "give a saved instance of companies" in said[2, "company"]

    def test_the_member_of_a_union_is_called_by_its_class(self) -> None:
        field = pydantic.TypeAdapter(Contact | Money)
        with pytest.raises(pydantic.ValidationError) as caught:
            field.validate_python([])
        places = [each["loc"] for each in caught.value.errors()]
        assert places == [("function-plain[Contact()]",), ("function-plain[Money()]",)]

    def test_what_no_class_declares_is_not_reached_from_outside(self, ada: Person) -> None:
        assert Contact(job_title="x")["job_title"] == "x"
        with pytest.raises(pydantic.ValidationError, match="Contact declares no 'job_title'"):
            pydantic.TypeAdapter(Contact).validate_python({"job_title": "x"})

    def test_an_abstract_class_takes_instances_alone(self, ada: Person) -> None:
        adapter = pydantic.TypeAdapter(Model)
        assert adapter.validate_python(ada) is ada
        with pytest.raises(pydantic.ValidationError, match="should be a Model"):
            adapter.validate_python({})


class TestSchemas:
    @pytest.mark.parametrize("mode", ["validation", "serialization"])
    def test_every_attribute_has_a_type(self, mode: Mode) -> None:
        for model in (EveryKind, Person, Company, Deal, User):
            schema = model.model_json_schema(mode=mode)
            properties = schema.get("properties") or schema["$defs"][model.__name__]["properties"]
            writable = {n for n, each in mapper_of(model).attributes.items() if each.is_writable}
            assert set(properties) >= writable
            for name, each in properties.items():
                assert each != ANYTHING, name
                assert each.get("items") != ANYTHING, name
                assert ("items" in each) or NULL in each["anyOf"], name

    def test_what_is_written_and_what_is_read(self) -> None:
        written, read = (schema_of(Contact, m) for m in ("serialization", "validation"))
        assert written["title"] == read["title"] == "Contact"
        assert written["description"].startswith("Declares some")
        assert list(written["properties"])[:3] == ["id", "created_at", "web_url"]
        assert written["required"] == ["id", "created_at", "web_url"]
        assert written["properties"]["id"] == {
            "anyOf": [{"type": "string", "format": "uuid"}, NULL]
        }
        assert set(read["properties"]) == {"name", "email_addresses"}
        assert read["additionalProperties"] is False
        assert Contact.model_json_schema() == read
        assert Contact.model_json_schema(mode="serialization") == written

    def test_what_an_entry_has(self) -> None:
        schema = schema_of(list[Candidate])["$defs"]["Candidate"]
        assert list(schema["properties"]) == ["id", "created_at", "parent", "level"]
        assert "parent" in schema_of(Candidate, "validation")["properties"]

    def test_relations_are_ids_or_the_related_model_described_once(self) -> None:
        schema = schema_of(Venture)
        found = schema["$defs"]["Venture"]["properties"]
        contact, venture = ({"$ref": f"#/$defs/{each}"} for each in ("Contact", "Venture"))

        assert schema["$ref"] == "#/$defs/Venture"
        assert set(schema["$defs"]) == {"Contact", "PersonalName", "Venture"}
        assert found["founder"] == {"anyOf": [UUID, contact, NULL]}
        assert found["partners"] == {"type": "array", "items": {"anyOf": [UUID, venture]}}
        assert found["backer"] == {"anyOf": [UUID, contact, venture, NULL]}
        assert found["anything"] == {"anyOf": [UUID, {"type": "object"}, NULL]}

    def test_titles_that_the_class_lists_are_all_there_is(self) -> None:
        class Titled(Model):
            stage: Status[Literal["New", "Done"]]
            kind: Select = Select(options=["Big"])

        properties = schema_of(Titled)["properties"]
        assert properties["stage"]["anyOf"][0] == {"type": "string", "enum": ["New", "Done"]}
        assert properties["kind"]["anyOf"][0]["enum"] == ["Big"]

    def test_a_model_may_be_declared_after_the_field_that_leads_to_it(self) -> None:
        class Early(Model):
            later: Maybe[Later]  # type: ignore[name-defined]

        class Holder(pydantic.BaseModel):
            early: Early

        class Later(Model):
            title: Text

        Early.later  # noqa: B018 - resolved by now
        schema = Holder.model_json_schema(mode="serialization")
        assert set(schema["$defs"]) == {"Early", "Later"}

    async def test_json_is_as_its_schema_says(
        self, attio_sandbox: SandboxHandle, colour: Colour
    ) -> None:
        attio_sandbox.define(Candidate)
        acme = Company.objects.create(name="Acme", domains=["acme.com"])
        ada = Person.objects.create(
            name="Byron, Ada",
            phone_numbers=["+12025550147"],
            primary_location={"locality": "London"},
            company=acme,
        )
        deal = Deal.objects.create(
            name="Big", stage="Lead", value=12.5, owner="owner@sandbox.example"
        )
        hired = Candidate.objects.create(parent=ada, level=3)
        for unsaved in (Person(), Person(name="Ada"), Deal(), Candidate()):
            check_json(unsaved)
        assert check_json(Person.ref(ACME)) == {"id": ACME, "created_at": None, "web_url": None}
        assert check_json(deal)["value"] == {"amount": 12.5, "currency": "USD"}
        assert "web_url" not in check_json(hired)
        found = await colour.call(Person.objects.includes("company__team"), "get", id=ada.id)
        assert check_json(found)["company"]["team"] == [ada.id]


@pytest.fixture
def app(ada: Person) -> FastAPI:
    app = FastAPI()

    @app.get("/person")
    async def person() -> Person:
        return await Person.objects.aget(email_addresses="ada@lovelace.dev")

    @app.get("/people")
    def people() -> list[Person]:
        return list(Person.objects.all())

    @app.post("/people")
    async def create(person: Annotated[Person, Body()]) -> Person:
        await person.asave()
        return person

    @app.get("/plain", response_model=None)
    async def plain() -> Any:
        return await Person.objects.aget(email_addresses="ada@lovelace.dev")

    @app.get("/nested", response_model=None)
    async def nested() -> Any:
        return {"people": [await Person.objects.aget(email_addresses="ada@lovelace.dev")]}

    @app.get("/page", response_model=None)
    async def page() -> Any:
        return await Person.objects.apage(1)

    @app.get("/typed")
    async def typed() -> dict[str, Any]:
        return {"people": [await Person.objects.aget(email_addresses="ada@lovelace.dev")]}

    return app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        yield client


class TestFastAPI:
    async def test_a_response_model(self, client: httpx.AsyncClient, ada: Person) -> None:
        record_id, acme_id = str(ada.id), ada.raw["company"][0]["target_record_id"]
        del ada
        with assert_num_requests(1):
            answer = (await client.get("/person")).json()
        assert (answer["id"], answer["job_title"]) == (record_id, "Countess")
        assert answer["company"] == acme_id
        mails = (await client.get("/people")).json()[0]["email_addresses"]
        assert mails == ["ada@acme.com", "ada@lovelace.dev"]

    async def test_without_a_response_model_it_is_the_same(self, client: httpx.AsyncClient) -> None:
        with assert_num_requests(5):
            person = (await client.get("/person")).json()
            assert (await client.get("/plain")).json() == person
            page = (await client.get("/page")).json()
            assert page == {"items": [person], "number": 1, "has_next": False}
            for path in ("/nested", "/typed"):
                assert (await client.get(path)).json() == {"people": [person]}

    def test_what_refers_to_each_other_comes_to_an_end(self, ada: Person) -> None:
        circle = Person.objects.includes("company__team").get(id=ada.id)
        assert circle.company is not None
        assert circle.company.team[0].company is circle.company
        assert jsonable_encoder({"x": circle}) == {"x": circle.model_dump(mode="json")}
        assert dict(circle) == circle.model_dump(mode="json")  # type: ignore[call-overload]

    async def test_a_body_is_a_new_record(self, client: httpx.AsyncClient, ada: Person) -> None:
        body = {"name": "Byron, Lord", "email_addresses": ["lord@byron.dev"]}
        answer = await client.post("/people", json=body)
        assert answer.status_code == 200
        assert answer.json()["name"]["full_name"] == "Lord Byron"
        assert (await Person.objects.aget(id=answer.json()["id"])).email_addresses == [
            "lord@byron.dev"
        ]

    async def test_a_wrong_body_says_where(self, client: httpx.AsyncClient, ada: Person) -> None:
        body = {"id": ada.id, "email_addresses": "lord@byron.dev", "nam": "Byron"}
        answer = await client.post("/people", json=body)
        assert answer.status_code == 422
        said = {tuple(each["loc"]): each["msg"] for each in answer.json()["detail"]}
        assert set(said) == {("body", "id"), ("body", "email_addresses"), ("body", "nam")}
        assert "give ['lord@byron.dev']" in said["body", "email_addresses"]

    def test_openapi_has_a_component_for_each_model(self, app: FastAPI, ada: Person) -> None:
        openapi = app.openapi()
        names = set(openapi["components"]["schemas"])
        assert {"Person-Input", "Person-Output", "Company", "Deal", "Actor", "Interaction"} <= names
        people = openapi["paths"]["/people"]
        answer = people["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        assert answer["items"] == {"$ref": "#/components/schemas/Person-Output"}
        body = people["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert body == {"$ref": "#/components/schemas/Person-Input"}
        schema = {**answer["items"], "components": openapi["components"]}
        jsonschema.validate(ada.model_dump(mode="json"), schema)


class TestText:
    def test_it_is_the_json_of_the_dump(self, ada: Person) -> None:
        with assert_num_requests(0):
            text = ada.model_dump_json()
            assert json.loads(text) == ada.model_dump(mode="json")
            assert ada.model_dump_json(include={"job_title"}) == '{"job_title":"Countess"}'
            shown = ada.model_dump_json(include={"id", "job_title"}, exclude={"id"}, indent=2)
            assert shown == '{\n  "job_title": "Countess"\n}'


class Owned(Model):
    name: Text = Text(required=True)
    associated_company: One[Company]


def test_what_the_class_requires_may_come_later(attio_sandbox: SandboxHandle) -> None:
    assert pydantic.TypeAdapter(Owned).validate_python({}).is_changed
    assert "required" not in Owned.model_json_schema()
