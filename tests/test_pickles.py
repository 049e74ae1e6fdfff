"""Pickles made by the first release still load, and today's name nothing but public places."""

from __future__ import annotations

import base64
import json
import pickle
import pickletools
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import attio_orm
from attio_orm import (
    BulkReport,
    Company,
    Deal,
    FetchMode,
    HistoricValue,
    Include,
    NotFoundError,
    Person,
    Plan,
    PlannedRequest,
    Q,
    StaleRecordError,
    UniquenessConflictError,
    ValidationError,
    errors,
    expressions,
    values,
)
from attio_orm.connection.current import current
from attio_orm.schema import ObjectSchema
from attio_orm.values import (
    Actor,
    Domain,
    EmailAddress,
    Interaction,
    Location,
    Money,
    Option,
    PersonalName,
    PhoneNumber,
    RawValue,
    Reference,
    StatusValue,
)

FILE = Path(__file__).parent / "old" / "pickles.json"
OLD: dict[str, bytes] = {
    name: base64.b64decode(text) for name, text in json.loads(FILE.read_text("utf-8")).items()
}
ADA = "ba4af703-cd57-4d5c-960a-9321c94b23c4"


def old(name: str) -> Any:
    return pickle.loads(OLD[name])


def test_a_record_of_the_first_release_loads() -> None:
    ada = old("loaded")
    assert type(ada) is Person
    assert (ada.id, str(ada.name), ada.job_title) == (ADA, "Ada Byron", "Analyst")
    assert ada.email_addresses == ["ada@lovelace.dev"]
    assert ada.primary_location.locality == "London"
    assert ada.created_at == datetime(2026, 11, 30, 12, 0, 0, 36_000, tzinfo=UTC)
    assert not ada.is_changed
    deal = old("deal")
    assert (deal.name, deal.stage, deal.value) == ("Engine", "Lead", Money(1250, "USD"))


def test_unsaved_changes_of_then_are_still_to_be_saved() -> None:
    ada = old("changed")
    assert {name: (each.old, each.new) for name, each in ada.changes.items()} == {
        "job_title": ("Analyst", "Countess"),
        "email_addresses": (["ada@lovelace.dev"], ["ada@lovelace.dev", "ada@acme.com"]),
        "company": (old("changed").changes["company"].old, None),
    }
    new = old("unsaved")
    assert (new.id, str(new.name), new.job_title, new.is_changed) == (None, "One New", "x", True)


@pytest.mark.usefixtures("attio_sandbox")
def test_a_record_of_then_is_saved_today() -> None:
    new = old("unsaved")
    new.save()
    assert Person.objects.get(id=new.id).job_title == "x"


def test_a_model_made_on_the_fly_is_found_by_its_object(attio_sandbox: Any) -> None:
    attio_sandbox.workspace.define_object("cars", "Car", "Cars")
    attio_sandbox.workspace.define_attribute("cars", api_slug="name", type="text")
    car = old("made_on_the_fly")
    assert type(car) is attio_sandbox.connection.model("cars")
    assert car.name == "Red"


def test_an_entry_of_then_is_found_by_its_list(attio_sandbox: Any) -> None:
    attio_sandbox.workspace.define_list("pipe", "Pipe", "people")
    entry = old("entry")
    assert type(entry) is attio_sandbox.connection.entries("pipe")
    assert entry.id == "3da4dd75-a528-46c0-b01a-b9a4650da745"


VALUES: dict[str, Any] = {
    "email": EmailAddress("ada@lovelace.dev"),
    "emails": [EmailAddress("ada@lovelace.dev"), EmailAddress("ada@acme.com")],
    "name": PersonalName("Ada Byron"),
    "phone": PhoneNumber("+442079460000"),
    "domain": Domain("acme.com"),
    "location": Location(locality="London", country_code="GB"),
    "money": Money(Decimal(1250), "USD"),
    "status": StatusValue("Lead"),
    "actor": Actor("api-token", "b7a6b7ab-b223-4cdd-aebf-3e82e98175f0"),
    "option": Option("Web"),
    "reference": Reference("people", ADA),
    "raw": RawValue("future", {"a": 1}),
    "interaction": Interaction("email", datetime(2026, 1, 1, tzinfo=UTC)),
    "by": Company.by(domains="acme.com"),
    "q": Q(name="Ada") & ~Q(job_title__in=["a", "b"]) | Q.raw({"name": {"$eq": "x"}}),
    "mode": FetchMode.ONE,
}


@pytest.mark.parametrize("name", VALUES)
def test_a_value_of_then_is_what_it_was(name: str) -> None:
    value = old(name)
    assert value == VALUES[name]
    assert type(value) is type(VALUES[name]) or name == "emails"


def test_values_keep_the_parts_that_attio_said() -> None:
    assert old("email").original_email_address == "Ada@Lovelace.dev"
    assert old("email").email_root_domain == "lovelace.dev"
    assert (old("name").first_name, old("name").last_name) == ("Ada", "Byron")
    assert old("phone").country_code == "GB"
    assert old("status").id is not None


def test_results_of_then() -> None:
    people = old("queryset")
    assert [person.id for person in people] == [ADA]
    (value,) = old("history")
    assert isinstance(value, HistoricValue)
    assert value.value == "Analyst"
    report = old("bulk")
    assert isinstance(report, BulkReport)
    assert (len(report.created), len(report.failed)) == (1, 1)
    assert {(item.state, item.index, item.requests) for item in report} == {
        ("created", 0, 0), ("failed", 0, 0)
    }  # fmt: skip
    include = old("include_queryset")
    assert isinstance(include, Include)
    assert (include.path, include.to_attr) == ("team", "bosses")
    assert (old("change").old, old("change").new) == (None, "CTO")
    plan, request = old("explain"), old("planned")
    assert isinstance(plan, Plan)
    assert isinstance(request, PlannedRequest)
    assert request.method == "PATCH"
    assert isinstance(old("object_schema"), ObjectSchema)


def test_errors_of_then(attio_sandbox: Any) -> None:
    error = old("validation")
    assert isinstance(error, ValidationError)
    assert [problem.message for problem in error.problems] == ["is wrong"]
    assert isinstance(old("not_found"), NotFoundError)
    assert isinstance(old("conflict_error"), StaleRecordError)
    assert old("conflict_error").conflicts["job_title"].theirs == "CFO"
    taken = old("uniqueness")
    assert isinstance(taken, UniquenessConflictError)
    acme = Company.objects.create(name="Acme", domains=["acme.com"])
    assert taken.existing() == acme


def _globals(pickled: bytes) -> Iterator[tuple[str, str]]:
    """The module and name of everything that a pickle (protocol 4 or later) looks up."""
    memo: dict[int, object] = {}
    strings: list[object] = []
    for opcode, argument, _ in pickletools.genops(pickled):
        if "UNICODE" in opcode.name:
            strings.append(argument)
        elif opcode.name == "MEMOIZE":
            memo[len(memo)] = strings[-1] if strings else None
        elif opcode.name in {"BINGET", "LONG_BINGET"}:
            strings.append(memo.get(argument or 0))
        elif opcode.name == "STACK_GLOBAL":
            yield str(strings[-2]), str(strings[-1])


MADE_ANEW: dict[str, Callable[[], Any]] = {
    name: lambda name=name: old(name)
    for name in OLD
    if name not in {"made_on_the_fly", "entry", "uniqueness", "object_schema"}
}


PUBLIC = {
    "attio_orm": attio_orm.__all__,
    "attio_orm.errors": {"_rebuild", *vars(errors)},
    "attio_orm.expressions": expressions.__all__,
    "attio_orm.values": values.__all__,
}


@pytest.mark.parametrize("name", MADE_ANEW)
def test_pickles_of_today_name_public_places(name: str) -> None:
    value = MADE_ANEW[name]()
    for module, attribute in _globals(pickle.dumps(value)):
        if module.startswith("attio_orm") and module != "attio_orm.pickles":
            assert module in PUBLIC
            assert attribute in PUBLIC[module]
    assert repr(pickle.loads(pickle.dumps(value))) == repr(value)


def test_they_do_so_whoever_imported_which_module() -> None:
    program = (
        "import pickle, attio_orm; from attio_orm import Deal, connect; "
        "connect('sandbox://?seed=crm'); deal = Deal.objects.filter(value__gt=0)[0]; "
        "values = (deal.value, deal.stage, deal.owner, Deal.value > 5, Deal.stage == 'Lead'); "
        "print(b'attio_orm.types' in pickle.dumps(values), type(Deal.value).__module__)"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, check=True, text=True
    )
    assert ran.stdout.split() == ["False", "attio_orm.expressions"]


def test_a_process_that_has_not_imported_the_library_loads_them() -> None:
    program = (
        "import pickle, sys; value = pickle.loads(sys.stdin.buffer.read()); "
        "print(type(value).__name__, value.id)"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        input=OLD["loaded"],
        capture_output=True,
        check=True,
    )
    assert ran.stdout.decode().split() == ["Person", ADA]


TAUGHT = {
    "attio_orm.context": "current",
    "attio_orm.sandbox": "Workspace",
    "attio_orm.sandbox.server": "Server",
    "attio_orm.sandbox.replies": "Recorded",
    "attio_orm.sandbox.delivery.messages": "WebhookDelivery",
    "attio_orm.plans": "DryRun",
    "attio_orm.workers": "Workers",
    "attio_orm.identity": "Session",
    "attio_orm.query.streaming": "Stream",
    "attio_orm.query.expressions": "TextExpr",
    "attio_orm.embedded": "SandboxHandle",
    "attio_orm.served": "ServedSandbox",
}


@pytest.mark.parametrize("module", TAUGHT)
def test_imports_that_the_docs_taught_work_and_warn(module: str) -> None:
    name = TAUGHT[module]
    found: Any = {}
    line = compile(f"from {module} import {name}", "their.py", "exec")
    with pytest.warns(DeprecationWarning, match=f"^{module}.{name} is") as warned:
        exec(line, found)
    [warning] = warned
    assert warning.filename == "their.py"
    assert found[name].__name__ == name
    with pytest.raises(ImportError, match="no_such_name"):
        exec(f"from {module} import no_such_name", {})


def test_a_module_itself_is_imported_as_the_docs_taught() -> None:
    found: Any = {}
    exec("from attio_orm import context", found)
    assert found["context"].__name__ == "attio_orm.context"
    with pytest.warns(DeprecationWarning, match=r"context\.current is .*connection\.current"):
        assert found["context"].current is current


def test_a_module_that_never_was_is_not_found() -> None:
    with pytest.raises(ModuleNotFoundError):
        exec("import attio_orm.sandbox.no_such_module", {})
    assert Deal.__module__ == "attio_orm"
