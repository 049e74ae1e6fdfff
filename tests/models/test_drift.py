"""The drift report: each kind of difference, what is made of it, and the edit it names."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
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
from attio_orm.attributes import Checkbox, Currency, MultiSelect, Select, Status, Text
from attio_orm.schema import workspace as schema_of_workspaces
from attio_orm.testing import assert_num_requests
from tests.colours import Colour


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


class TestRenames:
    """A slug that was changed in Attio: the same attribute, which must not be made again."""

    @pytest.fixture
    def moved(self, workspace: str) -> str:
        """``name`` was renamed since, and its slug belongs to another attribute now."""
        with connect(workspace, on_drift="ignore") as connection:
            assert connection.sandbox is not None
            define = connection.sandbox.workspace.define_attribute
            for slug in ("memo", "extra"):
                define("projects", api_slug=slug, type="text")
            update = connection.api.attributes.update
            update("projects", "name", api_slug="heading")
            update("projects", "extra", api_slug="name")
        return workspace

    def test_by_the_id_of_the_declaration(self, moved: str) -> None:
        with connect(moved, on_drift="ignore") as connection:
            ids = {
                slug: each.id
                for slug, each in connection.schema.fetch("projects").attributes.items()
            }

        class Project(Model):
            name: Text = Text(id=ids["heading"])
            memo: Text = Text("remark", id=ids["memo"])
            size: Text = Text("old_note", id=ids["old"])
            tags: MultiSelect = MultiSelect(id="00000000-0000-4000-8000-000000000000")

        assert drift_of(moved, Project) == [
            (
                "renamed",
                "name: the attribute 'name' is 'heading' now: write "
                f'name: Text = Text("heading", id="{ids["heading"]}").',
            ),
            (
                "renamed",
                "memo: the attribute 'remark' is 'memo' now: write "
                f'memo: Text = Text("memo", id="{ids["memo"]}").',
            ),
            ("archived", "size: is archived, as 'old': restore it in Attio, or delete the line."),
        ]

    async def test_by_the_ids_of_a_snapshot(
        self, workspace: str, tmp_path: Path, colour: Colour
    ) -> None:
        class Project(Model, on_drift="ignore"):
            name: Text
            budget: Currency = Currency("budget_amount")

        path = tmp_path / "schema.json"
        with connect(workspace, on_drift="ignore") as connection:
            await colour.call(connection.schema, "save", path)
            update = connection.api.attributes.update
            update("projects", "budget_amount", api_slug="money")
            connection.api.attributes.create(
                "projects", title="B", api_slug="budget_amount", type="currency"
            )
        with connect(workspace, schema=path) as connection:
            for _ in range(2):
                (found,) = await colour.call(connection, "drift", Project)
                assert (found.kind, str(found)) == (
                    "renamed",
                    "budget: the attribute 'budget_amount' is 'money' now: write "
                    'budget: Currency = Currency("money").',
                )

    async def test_by_what_this_process_knew_before(self, workspace: str, colour: Colour) -> None:
        class Project(Model, on_drift="ignore"):
            lead: Maybe[Person]

        with connect(workspace) as connection:
            assert await colour.call(connection, "drift", Project) == []
            connection.api.attributes.update("projects", "lead", api_slug="boss")
            connection.schema.forget()
            (found,) = await colour.call(connection, "drift", Project)
            assert 'write lead: Maybe = Maybe("boss")' in str(found)

    def test_the_only_other_one_of_its_type_is_the_likely_one(self, workspace: str) -> None:
        class Project(Model):
            cost: Currency

        assert drift_of(workspace, Project) == [
            (
                "renamed",
                "cost: there is no attribute 'cost'; it may have been renamed to 'budget_amount': "
                'write cost: Currency = Currency("budget_amount").',
            )
        ]

    def test_nobody_is_told_to_make_what_may_be_there(self, moved: str) -> None:
        class Project(Model):
            summary: Text

        class Other(Model, object="projects"):
            cost: Currency
            price: Currency

        ((kind, text),) = drift_of(moved, Project)
        assert kind == "missing"
        assert "If it was renamed, it is 'heading' or 'memo' or 'name': write" in text
        assert "If not, delete the line." in text
        for kind, text in drift_of(moved, Other):
            assert (kind, "'budget_amount'" in text) == ("missing", True)
            assert "make it" not in text

    def test_attios_own_attributes_are_no_candidates(self) -> None:
        class Contact(Model, object="people"):
            shoe_size: Text

        with connect("sandbox://", on_drift="ignore") as connection:
            (found,) = connection.drift(Contact)
        assert "make it with connection.sandbox.define(Contact)" in str(found)


class TestANewSandbox:
    """What ``define()`` is about to make is no difference; what it cannot mend is one."""

    def test_standard_objects_too(self) -> None:
        class Contact(Model, object="people"):
            name: Text  # define() leaves a type as it is
            shoe_size: Text
            job_titles: Text

        with pytest.warns(SchemaDriftWarning) as caught:
            connection = connect("sandbox://")
        (warning,) = caught
        assert "Contact.name: is declared Text" in str(warning.message)
        assert "shoe_size" not in str(warning.message)
        assert "job_titles" not in str(warning.message)
        connection.close()

    async def test_nothing_is_said_where_it_is_defined(self, colour: Colour) -> None:
        class Contact(Model, object="people", on_drift="raise"):
            shoe_size: Text
            job_titles: Text
            mood: Select = Select(options=["good", "bad"])

        with connect("sandbox://", on_drift="raise") as connection:
            assert connection.sandbox is not None
            connection.sandbox.define(Contact)
            made = await colour.call(Contact.objects, "create", shoe_size="38", mood="good")
            assert (made.shoe_size, connection.drift(Contact)) == ("38", [])

    async def test_its_first_use_says_what_was_not_defined(self, colour: Colour) -> None:
        class Contact(Model, object="people"):
            shoe_size: Text

        with connect("sandbox://"):
            with pytest.warns(SchemaDriftWarning, match="shoe_size"):
                await colour.call(Contact.objects, "first")
            await colour.call(Contact.objects, "first")

    def test_a_file_that_is_there_is_not_new(self, tmp_path: Path) -> None:
        class Contact(Model, object="people"):
            shoe_size: Text

        url = f"sandbox:///{tmp_path / 'w.db'}"
        connect(url, on_drift="raise").close()
        with pytest.raises(SchemaDriftError, match="shoe_size"):
            connect(url, on_drift="raise")


class TestReadAnew:
    """``schema_ttl``: everything is read anew; what is found then is told, and stops nothing."""

    @pytest.fixture
    def time_passes(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
        now, moved = schema_of_workspaces.now, [0.0]
        monkeypatch.setattr(schema_of_workspaces, "now", lambda: now() + moved[0])

        def move(seconds: float) -> None:
            moved[0] += seconds

        return move

    async def test_drift_found_later_warns_and_never_raises(
        self, workspace: str, colour: Colour, time_passes: Callable[[float], None]
    ) -> None:
        class Project(Model, on_drift="raise"):
            name: Text

        class Quiet(Model, object="projects", on_drift="ignore"):
            name: Text

        with connect(workspace, schema_ttl=60) as connection:
            await colour.call(Project.objects, "first")
            await colour.call(Quiet.objects, "first")
            connection.api.attributes.update("projects", "name", is_archived=True)
            time_passes(59)
            with assert_num_requests(1):
                await colour.call(Project.objects, "first")
            time_passes(2)
            with pytest.warns(SchemaDriftWarning, match=r"Project\.name: is archived") as caught:
                await colour.call(Quiet.objects, "first")
            assert len(caught) == 1
            with assert_num_requests(1):
                await colour.call(Project.objects, "first")

    @pytest.mark.parametrize("forgotten", [None, "projects"])
    async def test_what_was_forgotten_is_compared_anew(
        self, workspace: str, colour: Colour, forgotten: str | None
    ) -> None:
        class Project(Model, on_drift="raise"):
            name: Text

        class Twin(Model, object="projects"):
            name: Text

        with connect(workspace) as connection:
            await colour.call(Project.objects, "first")
            await colour.call(Twin.objects, "first")
            connection.api.attributes.update("projects", "name", api_slug="heading")
            connection.schema.forget(forgotten)
            with pytest.warns(SchemaDriftWarning, match="is 'heading' now") as caught:
                await colour.call(Project.objects, "first")
            assert sorted(str(each.message).split()[0] for each in caught) == ["Project", "Twin"]
            with assert_num_requests(1):
                await colour.call(Twin.objects, "first")

    async def test_an_attribute_made_since_is_there(
        self, workspace: str, colour: Colour, time_passes: Callable[[float], None]
    ) -> None:
        class Project(Model, on_drift="ignore"):
            name: Text

        with connect(workspace) as connection:
            made = await colour.call(Project.objects, "create", name="x")
            connection.api.attributes.create("projects", title="A", api_slug="aim", type="text")
            time_passes(3601)
            await colour.call(Project.objects, "first")
            assert made["aim"] is None

    async def test_a_snapshot_does_not_age(
        self, workspace: str, tmp_path: Path, colour: Colour, time_passes: Callable[[float], None]
    ) -> None:
        class Project(Model, on_drift="ignore"):
            name: Text

        path = tmp_path / "schema.json"
        with connect(workspace) as connection:
            connection.schema.save(path)
        with connect(workspace, schema=path):
            time_passes(1e6)
            with assert_num_requests(1):
                await colour.call(Project.objects, "first")

    @pytest.mark.parametrize("wrong", [0, -1, True, "60", float("nan")])
    def test_it_is_a_number_of_seconds(self, wrong: Any) -> None:
        with pytest.raises(ValidationError, match="schema_ttl is a number of seconds above 0"):
            connect("sandbox://", schema_ttl=wrong)

    def test_it_may_be_none(self) -> None:
        with connect("sandbox://", schema_ttl=None) as connection:
            assert connection.schema.ttl is None
