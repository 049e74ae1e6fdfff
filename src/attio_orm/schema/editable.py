"""``Schema``: what is known of a workspace, and what changes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from attio_orm.effects import Operation, async_twin, sync_method
from attio_orm.keywords import UNSET, Unset
from attio_orm.schema.definitions import ObjectSchema
from attio_orm.schema.workspace import KnownSchema

if TYPE_CHECKING:
    from attio_orm.schema.editors import ModelSchema
    from attio_orm.schema.planner import SchemaPlan

Access: TypeAlias = Literal["full-access", "read-and-write", "read-only"]


class Schema(KnownSchema):
    """What is known of the workspace: ``schema["people"].attributes["job_title"]``.

    Objects, their attributes, options, statuses and members are asked for when they are needed,
    once, and kept for ``ttl`` seconds (``None``: for good), or until ``forget()``. What is not
    among them is looked up once more, at most every 10 s, before it is refused. ``in``, ``[]``,
    iteration and ``get`` send nothing. What changes the workspace is known to all models at once.
    """

    @sync_method
    def objects(self) -> Operation[list[ObjectSchema]]:
        """All objects with their attributes; what is not known takes one request an object.

        See https://docs.attio.com/rest-api/endpoint-reference/objects/list-objects.
        """
        from attio_orm.schema.editing import of_kind  # for import time, as all below: few need it

        return of_kind(self, "objects")

    aobjects = async_twin(objects)

    @sync_method
    def lists(self) -> Operation[list[ObjectSchema]]:
        """All lists that the token can see, with their attributes.

        See https://docs.attio.com/rest-api/endpoint-reference/lists/list-all-lists.
        """
        from attio_orm.schema.editing import of_kind

        return of_kind(self, "lists")

    alists = async_twin(lists)

    @sync_method
    def create_object(self, slug: str, *, singular: str, plural: str) -> Operation[ObjectSchema]:
        """Make an object: ``create_object("ships", singular="Ship", plural="Ships")``.

        Gives it without its attributes. Raises ``ConflictError`` where the slug is taken, and
        ``BadRequestError`` (code ``quota_exceeded``) beyond the number of the workspace's plan.
        See https://docs.attio.com/rest-api/endpoint-reference/objects/create-an-object.
        """
        from attio_orm.schema.editing import create_object

        return create_object(self, slug, singular, plural)

    acreate_object = async_twin(create_object)

    @sync_method
    def update_object(
        self,
        slug: str,
        *,
        new_slug: str | None = None,
        singular: str | None = None,
        plural: str | None = None,
    ) -> Operation[None]:
        """Change the slug or the nouns of an object. Raises ``NotFoundError``, ``ConflictError``.

        After a new slug, models that name the old one (``object="..."``) do not find it.
        See https://docs.attio.com/rest-api/endpoint-reference/objects/update-an-object.
        """
        from attio_orm.schema.editing import update_object

        return update_object(self, slug, new_slug, singular, plural)

    aupdate_object = async_twin(update_object)

    @sync_method
    def delete_object(self, slug: str, *, confirm: str) -> Operation[None]:
        """Delete an object of your own **with all its records**, for good.

        ``confirm`` is its slug once more; ``ValidationError`` where it is not, and for an object
        that Attio brings. See https://docs.attio.com/rest-api/endpoint-reference/objects.
        """
        from attio_orm.schema.editing import delete_object

        return delete_object(self, slug, confirm)

    adelete_object = async_twin(delete_object)

    @sync_method
    def create_list(
        self,
        slug: str,
        *,
        name: str,
        parent: str | type[Any],
        access: Access | None = "full-access",
        members: Mapping[str, Access] | None = None,
    ) -> Operation[ObjectSchema]:
        """Make a list of the records of ``parent``, a model or the slug of an object.

        ``access`` is that of the whole workspace (``None``: none), ``members`` that of single ones,
        by id or e-mail address. Gives it without its attributes. Raises ``ConflictError`` where the
        slug is taken, and ``ValidationError``.
        See https://docs.attio.com/rest-api/endpoint-reference/lists/create-a-list.
        """
        from attio_orm.schema.editing import create_list

        return create_list(self, slug, name, parent, access, members or {})

    acreate_list = async_twin(create_list)

    @sync_method
    def update_list(
        self,
        slug: str,
        *,
        name: str | None = None,
        new_slug: str | None = None,
        access: Access | Unset | None = UNSET,
        members: Mapping[str, Access] | Unset = UNSET,
    ) -> Operation[None]:
        """Change the name, slug or access of a list; ``members`` replaces all that were named.

        See https://docs.attio.com/rest-api/endpoint-reference/lists/update-a-list.
        """
        from attio_orm.schema.editing import update_list

        return update_list(self, slug, name, new_slug, access, members)

    aupdate_list = async_twin(update_list)

    def of(self, model: type[Any]) -> ModelSchema:
        """The attributes of a model's object by slug, each to be changed. Sends nothing.

        Raises ``ValidationError`` for what stands for no object or list.
        """
        from attio_orm.schema.editors import ModelSchema

        self.declarations.place_of(model)

        return ModelSchema(lambda: self, model)

    @sync_method
    def apply(self, *models: type[Any], plan: bool = False) -> Operation[SchemaPlan]:
        """Make the objects, lists, attributes and options that models declare, where they lack.

        Nothing is deleted or narrowed: what is there and differs stays, and is named in
        ``differences`` of the plan. With ``plan=True`` no write is sent: the plan says what would
        be. Raises ``ValidationError`` for what Attio would refuse, before the first write, and
        ``SchemaChangeError`` where one fails half-way; applying it again does the rest.
        See https://docs.attio.com/rest-api/endpoint-reference/attributes/create-an-attribute.
        """
        from attio_orm.schema.editing import apply

        return apply(self, models, only_plan=plan)

    aapply = async_twin(apply)
