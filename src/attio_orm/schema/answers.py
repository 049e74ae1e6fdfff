"""What Attio answers about its configuration, read into definitions; what is odd is left empty."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from attio_orm.conditions.paths import PARENT
from attio_orm.guards import is_dict, is_list
from attio_orm.schema.definitions import Choice, Member, ObjectSchema, View
from attio_orm.types.base import AttributeSchema


def read_object(item: Mapping[str, object]) -> ObjectSchema:
    """An object, its attributes still unknown."""
    # by Attio's specification the slug and both nouns may be null
    id = _text(_mapping(item.get("id")).get("object_id"))
    slug = _text(item.get("api_slug")) or id
    singular = _text(item.get("singular_noun")) or slug
    return ObjectSchema(id, slug, singular, _text(item.get("plural_noun")) or singular)


def read_list(item: Mapping[str, object]) -> ObjectSchema:
    """A list, its attributes still unknown."""
    id = _text(_mapping(item.get("id")).get("list_id"))
    slug = _text(item.get("api_slug")) or id
    name = _text(item.get("name")) or slug
    parents = item.get("parent_object")
    if isinstance(parents, str):  # as a list is made with, though Attio answers with an array
        parents = [parents]
    return ObjectSchema(id, slug, name, name, kind="lists", parents=_texts(parents))


def with_attributes(
    owner: ObjectSchema, items: Iterable[Mapping[str, object]], slugs: Mapping[str, str]
) -> ObjectSchema:
    """The object with its attributes; ``slugs`` names objects by their ids."""
    attributes: dict[str, AttributeSchema] = {}
    if owner.kind == "lists":  # Attio does not list the record that an entry is about
        attributes[PARENT] = AttributeSchema(
            "", PARENT, "Parent record", "record-reference", is_required=True, is_system=True,
            allowed_objects=tuple(slugs.get(each, each) for each in owner.parents),
        )  # fmt: skip
    for item in items:
        found = read_attribute(item, slugs)
        known = attributes.get(found.slug)
        if known is None or known.is_archived:  # an active one wins over an archived namesake
            attributes[found.slug] = found
    return replace(owner, attributes=attributes)


def read_attribute(item: Mapping[str, object], slugs: Mapping[str, str]) -> AttributeSchema:
    """One attribute; ids of objects that ``slugs`` does not name stay ids."""
    id = _text(_mapping(item.get("id")).get("attribute_id"))
    slug = _text(item.get("api_slug")) or id
    config = _mapping(item.get("config"))
    allowed = _texts(_mapping(config.get("record_reference")).get("allowed_object_ids"))
    currency = _mapping(config.get("currency")).get("default_currency_code")
    return AttributeSchema(
        id=id,
        slug=slug,
        title=_text(item.get("title")) or slug,
        type=_text(item.get("type")),
        is_multi=bool(item.get("is_multiselect")),
        is_required=bool(item.get("is_required")),
        is_unique=bool(item.get("is_unique")),
        is_writable=bool(item.get("is_writable", True)),
        is_archived=bool(item.get("is_archived")),
        is_system=bool(item.get("is_system_attribute")),
        allowed_objects=tuple(slugs.get(object_id, object_id) for object_id in allowed),
        currency=_text(currency) or None,
        default_value=item.get("default_value"),
        relationship=_relationship(_mapping(item.get("relationship")), slugs),
    )


def _relationship(pair: Mapping[str, object], slugs: Mapping[str, str]) -> tuple[str, str] | None:
    id = _mapping(pair.get("id"))  # all that there is in answers of 2025
    object_id = _text(id.get("object_id"))
    object = _text(pair.get("object_slug")) or slugs.get(object_id, object_id)
    attribute = _text(pair.get("api_slug")) or _text(id.get("attribute_id"))
    return (object, attribute) if object and attribute else None


def read_choice(item: Mapping[str, object]) -> Choice:
    """An option or a status."""
    id = _mapping(item.get("id"))
    found = _text(id.get("option_id")) or _text(id.get("status_id"))
    return Choice(
        found,
        _text(item.get("title")),
        bool(item.get("is_archived")),
        bool(item.get("celebration_enabled")),
    )


def read_member(item: Mapping[str, object]) -> Member:
    """A member of the workspace."""
    return Member(
        id=_text(_mapping(item.get("id")).get("workspace_member_id")),
        email=_text(item.get("email_address")),
        first_name=_text(item.get("first_name")),
        last_name=_text(item.get("last_name")),
        access_level=_text(item.get("access_level")) or "member",
    )


def read_view(item: Mapping[str, object]) -> View:
    """A saved view of an object or list."""
    return View(_text(_mapping(item.get("id")).get("view_id")), _text(item.get("title")))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if is_list(value) else ()


def _mapping(value: object) -> Mapping[str, object]:
    return value if is_dict(value) else {}
