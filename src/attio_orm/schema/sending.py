"""One change of a workspace's schema: sent, settled where nobody answered, and kept at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from msgspec.structs import replace

from attio_orm.api import attributes, lists, objects, options, statuses
from attio_orm.api.base import Json, row
from attio_orm.effects import Operation
from attio_orm.errors import ConflictError, NotFoundError, OutcomeUnknownError
from attio_orm.guards import is_dict
from attio_orm.schema.answers import read_attribute, read_choice, read_list, read_object
from attio_orm.schema.defaults import same_default
from attio_orm.schema.definitions import Choice, ObjectSchema, place_of_attributes
from attio_orm.schema.planner import SchemaChange, other_side
from attio_orm.schema.workspace import KnownSchema
from attio_orm.transport import MISSING, Doubt, Request, Settle
from attio_orm.transport.dry_run import NOT_SENT
from attio_orm.types.base import AttributeSchema

Answer: TypeAlias = Json | None
"""What Attio answered; ``None`` in a dry run, which sends nothing."""


def carry_out(
    schema: KnownSchema, change: SchemaChange, *, takes_what_is_there: bool = False
) -> Operation[Answer]:
    """Send a change and keep what it made.

    Where ``takes_what_is_there``, somebody else may have made the same meanwhile.
    Raises ``APIError`` and ``TransportError``.
    """
    if change.kind == "set_default":
        assert isinstance(change.before, AttributeSchema)
        data = change.request.json["data"]
        return (yield from patch_attribute(schema, change.object, change.before, data))
    request = Request(
        "POST", change.request.path, json=change.request.json, purpose="write", decode=row,
        settle=_of_create(schema, change),
    )  # fmt: skip
    try:
        answer = yield from schema.transport.send(request)
    except ConflictError:
        if not takes_what_is_there:
            raise
        answer = yield from _find(schema, change)
        if answer is None:
            raise
    if answer is NOT_SENT:
        return None
    _keep(schema, change, answer)
    found: Json = answer
    return found


def _of_create(schema: KnownSchema, change: SchemaChange) -> Settle:
    """What a create asks that nobody answered: one read tells, as slugs and titles are unique."""

    def settle(doubt: Doubt) -> Operation[Any]:
        if not doubt.may_have_arrived:
            return MISSING
        found = yield from _find(schema, change)
        return MISSING if found is None else found

    return settle


def _find(schema: KnownSchema, change: SchemaChange) -> Operation[Answer]:
    """What a change makes, as Attio has it; ``None`` where it is not there as it was sent."""
    transport, sent = schema.transport, change.request.json["data"]
    kind, slug = place_of_attributes(change.object)
    if change.kind in ("add_option", "add_status"):
        ask = options.list_ if change.kind == "add_option" else statuses.list_
        titles = yield from ask(transport, slug, change.attribute, target=kind, show_archived=True)
        same = [each for each in titles if each.get("title") == sent["title"]]
        return next((each for each in same if not each.get("is_archived")), None)
    try:
        if change.kind == "create_object":
            found = yield from objects.get(transport, slug)
            is_same = reads_as(found, sent)
        elif change.kind == "create_list":
            found = yield from lists.get(transport, slug)
            is_same = sent["parent_object"] in (found.get("parent_object") or ())
        else:
            found = yield from attributes.get(transport, slug, change.attribute, target=kind)
            shape = {name: sent[name] for name in ("type", "is_multiselect")}
            is_same = reads_as(found, shape) and not found.get("is_archived")
            other = found.get("relationship")
            if "relationship" in sent and is_same:
                wanted = sent["relationship"]["api_slug"]
                is_same = is_dict(other) and other.get("api_slug") == wanted
    except NotFoundError:
        return None
    return found if is_same else None


def reads_as(found: Mapping[str, Any], sent: Mapping[str, Any]) -> bool:
    """Whether what was read has each member that was sent."""
    return all(found.get(name) == value for name, value in sent.items())


def _keep(schema: KnownSchema, change: SchemaChange, answer: Json) -> None:
    store = schema.store
    kind, slug = place_of_attributes(change.object)
    if change.kind == "create_object":
        store.put_listed(read_object(answer))
    elif change.kind == "create_list":
        store.put_listed(read_list(answer))
    elif change.kind == "create_attribute":
        made = read_attribute(answer, store.object_slugs())
        store.put_attribute(kind, slug, made)
        pair: Any = answer.get("relationship")
        if made.relationship is not None and is_dict(pair):
            ids: Any = pair.get("id")
            other = other_side(
                made, change.object,
                id=str(ids.get("attribute_id", "")) if is_dict(ids) else "",
                title=str(pair.get("title") or ""), is_multi=bool(pair.get("is_multiselect")),
            )  # fmt: skip
            if other is not None:
                store.put_attribute("objects", made.relationship[0], other)
    else:
        store.put_choice((kind, slug, change.attribute), read_choice(answer))


# -- changes of what is there ---------------------------------------------------------------------


def patch_attribute(
    schema: KnownSchema, place: str, attribute: AttributeSchema, sent: Mapping[str, Any]
) -> Operation[Answer]:
    """Change an attribute and keep what it is then."""
    kind, slug = place_of_attributes(place)
    target = attribute.id or attribute.slug

    def ask() -> Operation[Json]:
        return attributes.get(schema.transport, slug, target, target=kind)

    def is_loaded(found: Json) -> bool:
        now = read_attribute(found, schema.store.object_slugs())
        return all(_member(now, name) == _member(attribute, name) for name in sent)

    def is_sent(found: Json) -> bool:
        plain = {k: each for k, each in sent.items() if k not in ("config", "default_value")}
        if not reads_as(found, plain):
            return False
        if "config" in sent:
            config = found.get("config")
            money = config.get("currency") if is_dict(config) else None
            if not is_dict(money) or not reads_as(money, sent["config"]["currency"]):
                return False
        if "default_value" not in sent:
            return True
        return same_default(attribute, found.get("default_value"), sent["default_value"])

    where = f"{attribute.slug!r} of {place!r}"
    path = f"/v2/{kind}/{slug}/attributes/{target}"
    answer = yield from _patch(schema, path, sent, ask, is_sent, is_loaded, where)
    if answer is not None:
        now = read_attribute(answer, schema.store.object_slugs())
        schema.store.put_attribute(kind, slug, now, attribute.slug)
    return answer


_MEMBERS = {
    "api_slug": "slug", "config": "currency", "title": "title", "description": "description",
    "is_required": "is_required", "is_unique": "is_unique", "is_archived": "is_archived",
    "default_value": "default_value",
}  # fmt: skip


def _member(attribute: AttributeSchema, name: str) -> Any:
    if name == "config":
        return attribute.currency, attribute.display
    return getattr(attribute, _MEMBERS[name])


def patch_choice(
    schema: KnownSchema,
    place: str,
    attribute: AttributeSchema,
    choice: Choice,
    sent: Mapping[str, Any],
) -> Operation[Answer]:
    """Change an option or a status and keep what it is then."""
    kind, slug = place_of_attributes(place)
    is_status = attribute.type == "status"
    list_ = statuses.list_ if is_status else options.list_

    def ask() -> Operation[Json]:
        found = yield from list_(
            schema.transport, slug, attribute.slug, target=kind, show_archived=True
        )
        gone: Json = {}
        return next((each for each in found if read_choice(each).id == choice.id), gone)

    def is_loaded(found: Json) -> bool:
        return read_choice(found) == choice

    word = "statuses" if is_status else "options"
    path = f"/v2/{kind}/{slug}/attributes/{attribute.slug}/{word}/{choice.id}"
    answer = yield from _patch(
        schema, path, sent, ask, lambda found: reads_as(found, sent), is_loaded,
        f"{choice.title!r} of {attribute.slug!r} of {place!r}",
    )  # fmt: skip
    if answer is not None:
        schema.store.put_choice((kind, slug, attribute.slug), read_choice(answer))
    return answer


def patch_home(
    schema: KnownSchema, owner: ObjectSchema, sent: Mapping[str, Any]
) -> Operation[Answer]:
    """Change an object or list itself; what is known of all is asked for anew after a new slug."""
    is_list = owner.kind == "lists"
    get = lists.get if is_list else objects.get
    read = read_list if is_list else read_object
    names = ("api_slug", "name", "singular_noun", "plural_noun")

    def is_loaded(found: Json) -> bool:
        # of access nothing is kept: where all else is as it was, and access is not, nobody knows
        now = read(found)
        same = (now.slug, now.singular, now.plural) == (owner.slug, owner.singular, owner.plural)
        return same and all(name in names for name in sent)

    answer = yield from _patch(
        schema, f"/v2/{owner.kind}/{owner.id}", sent,
        lambda: get(schema.transport, owner.id), lambda found: reads_as(found, sent), is_loaded,
        repr(owner.slug),
    )  # fmt: skip
    if answer is not None:
        if "api_slug" in sent and sent["api_slug"] != owner.slug:
            schema.forget()  # references and pairs of others name it, too
        else:
            now = read(answer)
            schema.store.put_listed(replace(now, parents=now.parents or owner.parents))
    return answer


def _patch(
    schema: KnownSchema,
    path: str,
    sent: Mapping[str, Any],
    ask: Callable[[], Operation[Json]],
    is_sent: Callable[[Json], bool],
    is_loaded: Callable[[Json], bool],
    what: str,
) -> Operation[Answer]:
    """A PATCH that is read before it is repeated, as it could undo what others did since."""

    def settle(doubt: Doubt) -> Operation[Any]:
        if not doubt.may_have_arrived:
            return MISSING
        found = yield from ask()
        if is_sent(found):
            return found
        if is_loaded(found):
            return MISSING
        raise OutcomeUnknownError(
            f"A change of {what} was sent to Attio, no answer came, and it reads neither as sent "
            f"nor as before. It was not sent again, as that could undo what others did. Look at it "
            f"as it is now (connection.schema.forget() lets it be read anew), and change what is "
            f"not right."
        )

    request = Request(
        "PATCH", path, json={"data": dict(sent)}, purpose="write", decode=row, settle=settle
    )
    answer = yield from schema.transport.send(request)
    return None if answer is NOT_SENT else answer
