"""The drift report: each kind of difference, what is made of it, and the edit it names."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any, Literal

import pytest

from attio_orm import (
    Many,
    Maybe,
    Model,
    NotFoundError,
    Person,
    SchemaDriftError,
    SchemaDriftWarning,
    ValidationError,
    connect,
)
from attio_orm.attributes import (
    Checkbox,
    Currency,
    MultiSelect,
    Select,
    Status,
    Text,
)


@pytest.fixture
def workspace(tmp_path: Path) -> str:
    """The address of a workspace with an object whose attributes are all different."""
    url = f"sandbox:////{tmp_path.as_posix().lstrip('/')}/w.db"
    with connect(url) as connection:
        assert connection.sandbox is not None
        sandbox = connection.sandbox.workspace
        sandbox.define_object("projects", "Project", "Projects")
        for slug, kind, options in (
            ("name", "text", {}),
            ("budget_amount", "currency", {}),
            ("size", "number", {}),
            ("tags", "select", {"options": ["a", "b"], "is_multiselect": True}),
            ("stage", "status", {"statuses": ["New", "Live"]}),
            ("old", "text", {}),
            ("lead", "record-reference", {"allowed_objects": ["people"]}),
        ):
            sandbox.define_attribute("projects", api_slug=slug, type=kind, **options)
        connection.api.attributes.update("projects", "old", is_archived=True)
    return url


def drift_of(url: str, model: type[Model]) -> list[tuple[str, str]]:
    with connect(url, on_drift="ignore") as connection:
        return [(each.kind, str(each)) for each in connection.drift(model)]


def test_a_model_that_fits_has_no_drift(workspace: str) -> None:
    class Project(Model):
        name: Text
        amount: Currency = Currency("budget_amount")
        tags: MultiSelect
        stage: Status[Literal["New", "Live"]]
        lead: Maybe[Person]

    assert drift_of(workspace, Project) == []


@pytest.mark.parametrize(
    ("annotation", "name", "kind", "report"),
    [
        (Checkbox, "urgent", "missing", "'urgent': make it with connection.sandbox.define"),
        (Currency, "budget", "renamed", r'write budget: Currency = Currency\("budget_amount"\)'),
        (Text, "size", "retyped", "write size: Number"),
        (Text, "old", "archived", "restore it in Attio, or delete the line"),
        (Select, "tags", "cardinality", "holds several values.* write tags: MultiSelect"),
        (Many[Person], "lead", "cardinality", "holds one value.* write lead: Maybe"),
        (Status[Literal["New", "Live", "Gone"]], "stage", "options", "no longer has 'Gone'"),
        (Status[Literal["New"]], "stage", "options",
         r"""also has 'Live': write stage: Status\[Literal\["New", "Live"\]\]"""),
        (Maybe["Company"], "lead", "target", "companies in the class and to people"),
    ],
)  # fmt: skip
def test_each_difference_is_named_with_the_edit_to_make(
    workspace: str, annotation: Any, name: str, kind: str, report: str
) -> None:
    model = type(
        "Project", (Model,), {"__module__": __name__, "__annotations__": {name: annotation}}
    )
    ((found, text),) = drift_of(workspace, model)

    assert found == kind
    assert text.startswith(f"{name}: ")
    assert re.search(report, text)


def test_the_options_of_a_select_are_compared_where_they_are_declared(workspace: str) -> None:
    class Project(Model):
        tags: MultiSelect = MultiSelect(options=["a", "c"])

    ((kind, text),) = drift_of(workspace, Project)

    assert kind == "options"
    assert "no longer has 'c' and also has 'b'" in text
    assert 'write tags: MultiSelect = MultiSelect(options=["a", "b"])' in text


class TestWhatIsMadeOfIt:
    def test_warn_reports_every_difference_once(self, workspace: str) -> None:
        class Project(Model):
            urgent: Checkbox
            size: Text

        with pytest.warns(SchemaDriftWarning) as caught:
            connection = connect(workspace)
        with connection:
            Project.objects.first()
            connection.drift(Project)

        (warning,) = caught
        assert "Project.urgent: " in str(warning.message)
        assert "Project.size: " in str(warning.message)

    def test_raise_refuses_the_connection(self, workspace: str) -> None:
        class Project(Model):
            urgent: Checkbox

        with (
            connect("sandbox://", on_drift="ignore") as before,
            pytest.raises(SchemaDriftError, match=r"Project\.urgent") as caught,
        ):
            connect(workspace, on_drift="raise")

        assert [each.kind for each in caught.value.differences] == ["missing"]
        with connect("sandbox://", on_drift="ignore") as after:
            assert after is not before

    def test_ignore_is_silent(self, workspace: str) -> None:
        class Project(Model):
            urgent: Checkbox

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with connect(workspace, on_drift="ignore"):
                assert Project.objects.first() is None

    def test_a_class_may_say_for_itself(self, workspace: str) -> None:
        class Project(Model, on_drift="ignore"):
            urgent: Checkbox

        with connect(workspace, on_drift="raise"):
            pass

        class Strict(Model, object="projects", on_drift="raise"):
            urgent: Checkbox

        with pytest.raises(SchemaDriftError, match=r"Strict\.urgent"):
            connect(workspace, on_drift="ignore")
        del Strict

    def test_a_model_declared_later_is_compared_at_its_first_use(self, workspace: str) -> None:
        with connect(workspace, on_drift="raise"):

            class Project(Model):
                urgent: Checkbox

            for _ in range(2):
                with pytest.raises(SchemaDriftError):
                    Project.objects.first()

    def test_an_object_that_is_not_there(self, workspace: str) -> None:
        class Projet(Model, object="projet"):
            name: Text

        with pytest.raises(SchemaDriftError, match=r"Projet \(sandbox:.*Did you mean") as caught:
            connect(workspace, on_drift="raise")
        (difference,) = caught.value.differences
        assert (difference.kind, difference.attribute) == ("object", "")
        with pytest.warns(SchemaDriftWarning, match='no object "projet"') as warned:
            connection = connect(workspace)
        assert [each.filename for each in warned] == [__file__]
        with connection, pytest.raises(NotFoundError, match=r'"projet".*projects'):
            Projet.objects.first()

    def test_a_class_says_for_itself_what_becomes_of_it(self, workspace: str) -> None:
        class Projet(Model, object="projet", on_drift="ignore"):
            name: Text

        connect(workspace, on_drift="raise").close()

        class Other(Model, on_drift="raise"):
            name: Text

        with pytest.raises(SchemaDriftError, match='no object "others"'):
            connect(workspace, on_drift="ignore")

    def test_shipped_models_are_not_compared(self, workspace: str) -> None:
        with connect(workspace, on_drift="raise") as connection:
            assert connection.sandbox is not None
            connection.sandbox.requests.clear()
            Person.objects.first()
            assert len(connection.sandbox.requests) == 1

    def test_another_word_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="'shout'"):
            connect("sandbox://", on_drift="shout")  # type: ignore[arg-type]
