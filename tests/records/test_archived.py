"""An attribute that is archived in the workspace: said so, before anything is sent."""

from __future__ import annotations

from typing import Any

import pytest

from attio_orm import Model, Person, UnknownAttributeError, ValidationError
from attio_orm.attributes import PersonalName, Text
from attio_orm.testing import SandboxHandle


class Contact(Model, object="people", on_drift="ignore"):
    name: PersonalName
    nick: Text


@pytest.fixture
def nicked(attio_sandbox: SandboxHandle) -> Person:
    """A record whose ``nick`` was archived after it was read; the schema is not known any more."""
    workspace, connection = attio_sandbox.workspace, attio_sandbox.connection
    workspace.define_attribute("people", api_slug="nick", type="text")
    nicked = Person.objects.create(name="Ada", nick="A", email_addresses=["ada@x.dev"])
    connection.api.attributes.update("people", "nick", is_archived=True)
    connection.schema.forget()
    attio_sandbox.requests.clear()
    return nicked


WRITES: dict[str, Any] = {
    "create": lambda id: Contact.objects.create(name="B", nick="b"),
    "save": lambda id: Contact(nick="b").save(),
    "undeclared": lambda id: Person.objects.create(name="B", nick="b"),
    "update": lambda id: Contact.objects.filter(name="Ada").update(nick="b"),
    "get_or_create": lambda id: Contact.objects.get_or_create({"nick": "b"}, name="Bob"),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_a_write(nicked: Person, attio_sandbox: SandboxHandle, write: Any) -> None:
    with pytest.raises(UnknownAttributeError, match="nick: the attribute is archived"):
        write(nicked.id)
    assert all(
        each.method == "GET" or each.path.endswith("/query") for each in attio_sandbox.requests
    )


def test_a_change_of_a_record_that_has_it(nicked: Person, attio_sandbox: SandboxHandle) -> None:
    nicked.nick = "B"
    with pytest.raises(UnknownAttributeError, match="archived"):
        nicked.save()
    assert nicked.is_changed
    assert all(each.method == "GET" for each in attio_sandbox.requests)


def test_validate(nicked: Person) -> None:
    for model in (Contact, Person):
        with pytest.raises(ValidationError, match="nick: the attribute is archived"):
            model.validate(nick="b")


def test_a_record_that_came_without_it(nicked: Person, attio_sandbox: SandboxHandle) -> None:
    with attio_sandbox.connection.session():
        again = Person.objects.get(id=nicked.id)
        with pytest.raises(UnknownAttributeError, match="nick: the attribute is archived"):
            _ = again.nick
        with pytest.raises(UnknownAttributeError, match="'email_addresses'"):
            _ = again.email
