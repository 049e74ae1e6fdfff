"""The schema of one model as a mapping of editors: attributes, their options and statuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Literal, NoReturn, Self, TypeAlias

from msgspec.structs import replace

from attio_orm.effects import Operation, async_twin, run, sync_method
from attio_orm.errors import NotSupportedByAttio, ReadOnlyAttributeError, ValidationError
from attio_orm.keywords import UNSET, Unset
from attio_orm.schema import refusals
from attio_orm.schema.declared import DeclaredObject, declared_attribute
from attio_orm.schema.defaults import default_value, duration
from attio_orm.schema.definitions import Choice, ObjectSchema, kind_and_slug
from attio_orm.schema.editing import carry_out_all, read_targets
from attio_orm.schema.planner import choice_change, plan
from attio_orm.schema.sending import carry_out, patch_attribute, patch_choice
from attio_orm.schema.workspace import KnownSchema, no_attribute
from attio_orm.types.base import AnyAttribute, AttributeSchema
from attio_orm.wording import READ_ANEW, did_you_mean, show

_FIRST = "await Deal.schema.afetch() before it"

SchemaSource: TypeAlias = Callable[[], KnownSchema]
"""Gives the schema of a connection: the one that was named, or the current one each time."""


class ModelSchema(Mapping[str, "AttributeEditor"]):
    """The attributes of a model's object (or list) by slug, each to be changed.

    ``Deal.schema`` is that of the current connection, ``connection.schema.of(Deal)`` that of
    another. Making it sends nothing; what is known of the object is asked for at the first look, in
    async code by ``await Deal.schema.afetch()``. Each change is known to all models of the
    connection at once. See https://docs.attio.com/docs/attribute-types/attribute-types.
    """

    def __init__(self, source: SchemaSource, model: type[Any]) -> None:
        self._source = source
        self._model = model

    @property
    def place(self) -> str:
        """The slug of the object, or ``lists/`` and that of the list."""
        return self._source().declarations.place_of(self._model)

    @sync_method
    def fetch(self) -> Operation[Self]:
        """Ask for the attributes where they are not known yet; gives itself.

        Raises ``NotFoundError`` where the workspace does not have the object.
        """
        yield from self._source().ensure(self.place)
        return self

    afetch = async_twin(fetch)

    @property
    def definition(self) -> ObjectSchema:
        """The object as Attio describes it."""
        return run(self._source().ensure(self.place), "A look at a schema", _FIRST)

    def __getitem__(self, slug: str) -> AttributeEditor:
        known = self.definition
        if slug not in known.attributes:
            raise KeyError(str(no_attribute(slug, known)))
        return AttributeEditor(self._source, self.place, slug)

    def __iter__(self) -> Iterator[str]:
        return iter(list(self.definition.attributes))

    def __len__(self) -> int:
        return len(self.definition.attributes)

    def __repr__(self) -> str:
        return f"<schema of {self._model.__name__}>"

    @sync_method
    def add(
        self,
        attribute: AnyAttribute,
        *,
        title: str | None = None,
        description: str | None = None,
        required: bool = False,
        unique: bool = False,
        default: object = None,
    ) -> Operation[AttributeEditor]:
        """Make an attribute, with its options: ``Deal.schema.add(Select("source", options=[]))``.

        ``Currency("arr", code="EUR", display="symbol")`` says how money is kept; ``Many("accounts",
        to=Company, back="projects", back_many=True)`` makes both sides of a pair. ``default`` is a
        value, ``"current-user"`` of an actor, of dates a ``timedelta`` from then on. Raises
        ``ValidationError`` for what Attio would refuse, ``ConflictError`` where the slug is taken,
        and ``SchemaChangeError`` where options fail after the attribute was made.
        See https://docs.attio.com/rest-api/endpoint-reference/attributes/create-an-attribute.
        """
        if not attribute.slug:
            raise ValidationError(
                f"Say the slug of the new attribute: {type(attribute).__name__}('deal_source')."
            )
        schema, place = self._source(), self.place
        owner = yield from schema.ensure(place)
        wanted = declared_attribute(
            attribute, attribute.slug, title=title, description=description,
            default=None if default is None else default_value(attribute, default),
        )  # fmt: skip
        wanted = replace(
            wanted, is_required=wanted.is_required or required, is_unique=wanted.is_unique or unique
        )
        declared = DeclaredObject(
            self._model.__name__, owner.kind, owner.slug, owner.singular, owner.plural,
            owner.parents, (wanted,),
        )  # fmt: skip
        known = yield from read_targets(schema, [declared], {place: owner})
        same = owner.attributes.get(attribute.slug)
        if same is not None and same.is_archived:
            raise ValidationError(
                f"{place!r} has an archived attribute {same.slug!r}: bring it back with "
                f"{self._model.__name__}.schema[{same.slug!r}].restore()."
            )
        # as if there were none of its slug: whether that is so, Attio knows best
        rest = {k: each for k, each in owner.attributes.items() if k != attribute.slug}
        known[place] = replace(owner, attributes=rest)
        planned = plan([declared], known, {})
        problems = refusals.refusals(planned, [declared], known, {})
        if problems:
            raise ValidationError(problems)
        yield from carry_out_all(schema, planned.plan, first_raises=True)
        return AttributeEditor(self._source, place, attribute.slug)

    aadd = async_twin(add)

    def reorder(self, *slugs: str) -> NoReturn:
        """Attio's API cannot: raises ``NotSupportedByAttio``."""
        raise NotSupportedByAttio(
            f"Attio's API cannot change the order of the attributes of {self.place!r}: move them "
            f"in Attio, in the settings of the {_word(self.place)}."
        )

    def __delitem__(self, slug: str) -> NoReturn:
        self[slug].delete()


def _word(place: str) -> str:
    return kind_and_slug(place)[0].removesuffix("s")


class AttributeEditor:
    """One attribute of a workspace, to be changed; ``definition`` is what it is now."""

    def __init__(self, source: SchemaSource, place: str, slug: str) -> None:
        self._source = source
        self.place = place
        self.slug = slug

    @property
    def definition(self) -> AttributeSchema:
        """The attribute as Attio describes it."""
        return run(self.known(), "A look at a schema", _FIRST)

    def known(self) -> Operation[AttributeSchema]:
        """The same as an operation. Raises ``UnknownAttributeError`` where it is not there."""
        schema = self._source()
        owner = yield from schema.ensure(self.place)
        if self.slug not in owner.attributes and (yield from schema.look_again(self.place)):
            owner = yield from schema.ensure(self.place)
        found = owner.attributes.get(self.slug)
        if found is None:
            raise no_attribute(self.slug, owner)
        return found

    def __repr__(self) -> str:
        return f"<attribute {self.slug!r} of {self.place!r}>"

    @sync_method
    def update(
        self,
        *,
        title: str | Unset = UNSET,
        description: str | Unset | None = UNSET,
        required: bool | Unset = UNSET,
        unique: bool | Unset = UNSET,
        default: object = UNSET,
        code: str | Unset = UNSET,
        display: Literal["symbol", "narrowSymbol", "code", "name"] | Unset = UNSET,
    ) -> Operation[None]:
        """Change what is given: ``Deal.schema["source"].update(title="Came from")``.

        ``default=None`` takes the default away; ``code`` and ``display`` are of a currency. Type
        and one or many cannot be changed. Raises ``ReadOnlyAttributeError`` for Attio's own.
        See https://docs.attio.com/rest-api/endpoint-reference/attributes/update-an-attribute.
        """
        found = yield from self.known()
        given: dict[str, object] = {
            "title": title,
            "description": description,
            "is_required": required,
            "is_unique": unique,
        }
        sent = {name: value for name, value in given.items() if value is not UNSET}
        if default is not UNSET:
            sent["default_value"] = None if default is None else default_value(found, default)
        if code is not UNSET or display is not UNSET:
            if found.type != "currency":
                raise ValidationError(f"{self!r} is of type {found.type}, which has no currency.")
            currency = {
                "default_currency_code": found.currency if code is UNSET else code,
                "display_type": (found.display or "symbol") if display is UNSET else display,
            }
            sent["config"] = {"currency": currency}
        if not sent:
            raise ValidationError(f"Say what is to change of {self!r}, as in update(title=...).")
        yield from self._send(found, sent)

    aupdate = async_twin(update)

    @sync_method
    def rename(self, slug: str) -> Operation[None]:
        """Give it another slug; its title stays.

        Models that name the old one are warned of at their next use; one that declares the
        attribute's ``id=`` is told the line to write. Raises ``ConflictError`` where the slug is
        taken.
        """
        found = yield from self.known()
        for problem in refusals.of_slug(slug):
            raise ValidationError(problem)
        if (yield from self._send(found, {"api_slug": slug})):
            self.slug = slug
            self._source().declarations.differs(self.place)

    arename = async_twin(rename)

    @sync_method
    def archive(self) -> Operation[None]:
        """Archive it: no record shows it, its values stay, and ``restore()`` brings it back."""
        found = yield from self.known()
        if (yield from self._send(found, {"is_archived": True})):
            self._source().declarations.differs(self.place)

    aarchive = async_twin(archive)

    @sync_method
    def restore(self) -> Operation[None]:
        """Bring it back after ``archive()``."""
        found = yield from self.known()
        yield from self._send(found, {"is_archived": False})

    arestore = async_twin(restore)

    def _send(self, found: AttributeSchema, sent: Mapping[str, Any]) -> Operation[bool]:
        """Whether it was changed, and not only noted in a dry run."""
        if found.is_system:
            raise ReadOnlyAttributeError(
                f"{self!r} is one of Attio's own, which the API does not change: change it in "
                f"Attio's settings, where that is possible. Its options and statuses can be added."
            )
        closed = self.place in ("people", "companies")
        if sent.get("is_unique") and (closed or _word(self.place) == "list"):
            raise ValidationError(
                f"{self!r} cannot be unique: Attio takes no unique attributes of your own on "
                f"people, companies and lists."
            )
        if sent.get("default_value") is not None and closed:
            raise ValidationError(
                f"{self!r} cannot have a default: Attio takes none on people and companies."
            )
        answer = yield from patch_attribute(self._source(), self.place, found, sent)
        return answer is not None

    def delete(self) -> NoReturn:
        """Attio's API cannot: raises ``NotSupportedByAttio``."""
        raise NotSupportedByAttio(
            f"Attio's API cannot delete {self!r}: use archive(), which keeps its values, or "
            f"delete it in Attio, in the settings of the {_word(self.place)}."
        )

    @property
    def options(self) -> ChoiceEditor:
        """The options of a select attribute."""
        return ChoiceEditor(self, "select")

    @property
    def statuses(self) -> ChoiceEditor:
        """The statuses of a status attribute."""
        return ChoiceEditor(self, "status")

    def schema(self) -> KnownSchema:
        """What is known of the workspace that it belongs to."""
        return self._source()


class ChoiceEditor:
    """The options of a select, or the statuses of a status attribute, in Attio's order.

    Iteration gives the titles of those that are not archived, and ``in`` looks among these.
    """

    def __init__(self, attribute: AttributeEditor, type: Literal["select", "status"]) -> None:
        self._attribute = attribute
        self._type = type
        self._word = "option" if type == "select" else "status"

    @sync_method
    def all(self) -> Operation[tuple[Choice, ...]]:
        """All of them with their ids, archived ones included; asked for where they are not known.

        Raises ``ValidationError`` where the attribute is of another type.
        """
        return self._known()

    aall = async_twin(all)

    def _known(self, *, refresh: bool = False) -> Operation[tuple[Choice, ...]]:
        found = yield from self._attribute.known()
        if found.type != self._type:
            other = {"select": "its options are .options", "status": "they are .statuses"}
            raise ValidationError(
                f"{self._attribute!r} is of type {found.type}: "
                f"{other.get(found.type, 'only select and status attributes have such titles')}."
            )
        kind, slug = kind_and_slug(self._attribute.place)
        schema = self._attribute.schema()
        return (yield from schema.choices(slug, found.slug, kind=kind, refresh=refresh))

    def __iter__(self) -> Iterator[str]:
        return iter([each.title for each in self.all() if not each.is_archived])

    def __contains__(self, title: object) -> bool:
        return title in list(self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<{self._type} titles of {self._attribute!r}>"

    @sync_method
    def add(
        self, title: str, *, celebrate: bool = False, target: timedelta | str | None = None
    ) -> Operation[None]:
        """Add one at the end; ``celebrate`` and ``target`` (how long to stay in it) of a status.

        ``target`` is a ``timedelta`` or an ISO 8601 duration. Raises ``ConflictError`` where the
        title is there, ``ValidationError`` where one is archived or differs by case alone.
        See https://docs.attio.com/rest-api/endpoint-reference/attributes/create-a-status.
        """
        self._check_extras(celebrate=celebrate or None, target=target)
        known = yield from self._known()
        self._check(title, known)
        schema, place = self._attribute.schema(), self._attribute.place
        owner = yield from schema.ensure(place)
        yield from carry_out(
            schema,
            choice_change(
                owner, self._attribute.slug, self._type, title, celebrate=celebrate,
                target=None if target is None else duration(target),
            ),
        )  # fmt: skip

    aadd = async_twin(add)

    @sync_method
    def rename(self, title: str, new: str) -> Operation[None]:
        """Give it another title; records that have it read the new one."""
        known = yield from self._known()
        found = yield from self._one(title)
        self._check(new, [each for each in known if each.id != found.id])
        yield from self._change(found, {"title": new})

    arename = async_twin(rename)

    @sync_method
    def archive(self, title: str) -> Operation[None]:
        """Archive it: records keep it, and none can be given it until ``restore()``."""
        found = yield from self._one(title)
        yield from self._change(found, {"is_archived": True})

    aarchive = async_twin(archive)

    @sync_method
    def restore(self, title: str) -> Operation[None]:
        """Bring an archived one back."""
        found = yield from self._one(title, archived=True)
        yield from self._change(found, {"is_archived": False})

    arestore = async_twin(restore)

    def _one(self, title: str, *, archived: bool = False) -> Operation[Choice]:
        """The one of a title, looked up once more where it is not known."""
        known = yield from self._known()
        if all(each.title != title for each in known):
            place, slug = self._attribute.place, self._attribute.slug
            yield from self._attribute.schema().look_again(place, slug)
            known = yield from self._known()
        # of namesakes the one that the call is about
        same = [each for each in known if each.title == title]
        same.sort(key=lambda each: each.is_archived is not archived)
        if not same:
            hint = did_you_mean(title, [each.title for each in known])
            raise ValidationError(
                f"{self._attribute!r} has no {self._word} {show(title)}. {hint}{READ_ANEW}"
            )
        return same[0]

    def _change(self, found: Choice, sent: Mapping[str, Any]) -> Operation[None]:
        attribute = yield from self._attribute.known()
        schema, place = self._attribute.schema(), self._attribute.place
        answer = yield from patch_choice(schema, place, attribute, found, sent)
        if answer is not None:
            schema.declarations.differs(place)

    def _check(self, title: object, known: tuple[Choice, ...] | list[Choice]) -> None:
        if not isinstance(title, str):
            raise ValidationError(f"The title of a new {self._word} is a text, not {show(title)}.")
        for choice in known:
            if choice.title == title and choice.is_archived:
                raise ValidationError(
                    f"{self._attribute!r} has an archived {self._word} {show(title)}: bring it "
                    f"back with restore({title!r})."
                )
        for problem in refusals.of_titles([title], known):
            raise ValidationError(f"{self._attribute!r} {problem}")

    def _check_extras(self, **given: object) -> None:
        if self._type == "select":
            for name, value in given.items():
                if value is not None:
                    raise ValidationError(f"{name}= is of statuses: an option has only a title.")

    def reorder(self, *titles: str) -> NoReturn:
        """Attio's API cannot: raises ``NotSupportedByAttio``."""
        raise NotSupportedByAttio(
            f"Attio's API cannot change the order of what {self._attribute!r} lists: move it in "
            f"Attio, in the settings of the attribute."
        )

    def delete(self, title: str) -> NoReturn:
        """Attio's API cannot: raises ``NotSupportedByAttio``."""
        raise NotSupportedByAttio(
            f"Attio's API cannot delete {show(title)} of {self._attribute!r}: use archive(), "
            f"or delete it in Attio, in the settings of the attribute."
        )
