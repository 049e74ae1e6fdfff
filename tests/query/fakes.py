"""A small CRM, for tests of lookups: its schema as a resolver sees it, and its ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from uuid import UUID

from attio_orm.conditions.expressions import Order
from attio_orm.conditions.lookups import RECORD_ID
from attio_orm.conditions.paths import Resolved, Resolver
from attio_orm.conditions.q import Q
from attio_orm.conditions.tree import resolve_conditions
from attio_orm.query import compiler
from attio_orm.query.compiler import Filter, Nothing, Options, Sort
from attio_orm.schema import Member
from attio_orm.types.base import codec_for
from attio_orm.types.names_elsewhere import meant
from attio_orm.types.references import HasReference
from attio_orm.values import Reference


def uid(number: int) -> str:
    return str(UUID(int=number, version=4))


@dataclass(frozen=True)
class Spec:
    slug: str
    type: str
    is_multi: bool = False
    is_writable: bool = True
    is_required: bool = False
    currency: str | None = None
    allowed_objects: tuple[str, ...] = ()
    is_archived: bool = False
    choices: tuple[str, ...] | None = None


SCHEMA: dict[str, list[Spec]] = {
    "people": [
        Spec("record_id", "text"),
        Spec("created_at", "timestamp"),
        Spec("created_by", "actor-reference"),
        Spec("name", "personal-name"),
        Spec("job_title", "text"),
        Spec("email_addresses", "email-address", is_multi=True),
        Spec("phone_numbers", "phone-number", is_multi=True),
        Spec("primary_location", "location"),
        Spec("score", "number"),
        Spec("vip", "checkbox"),
        Spec("born", "date"),
        Spec("tags", "select", is_multi=True),
        Spec("last_call", "interaction"),
        Spec("company", "record-reference", allowed_objects=("companies",)),
        Spec("associated_deals", "record-reference", is_multi=True, allowed_objects=("deals",)),
        Spec("manager", "record-reference", allowed_objects=("people",)),
        Spec("related", "record-reference", allowed_objects=("people", "companies")),
        Spec("anything", "record-reference"),
        Spec("fax", "text", is_archived=True),
        Spec("aura", "hologram"),
        Spec("odd__name", "text"),
        Spec("odd", "text"),
        Spec("in", "text"),
    ],
    "companies": [
        Spec("record_id", "text"),
        Spec("name", "text"),
        Spec("domains", "domain", is_multi=True),
        Spec("funding", "currency", currency="EUR"),
        Spec("team", "record-reference", is_multi=True, allowed_objects=("people",)),
        Spec("primary_location", "location"),
        Spec("owner", "actor-reference"),
        Spec("last_call", "interaction"),
        Spec("range", "text"),
    ],
    "deals": [
        Spec("record_id", "text"),
        Spec("name", "text"),
        Spec("value", "currency", currency="EUR"),
        Spec("tags", "select", is_multi=True),
        Spec("stage", "status", choices=("Lead", "In Progress", "Won 🎉", "Lost")),
        Spec("owner", "actor-reference"),
        Spec("associated_company", "record-reference", allowed_objects=("companies",)),
    ],
}

# Python names that differ from the slug.
RENAMED = {("people", "title"): "job_title"}

MODELS = {"people": "Person", "companies": "Company", "deals": "Deal"}


def target(*objects: str) -> Callable[[], FakeResolver] | None:
    return (lambda: FakeResolver(objects[0])) if len(objects) == 1 else None


def reach(*objects: str) -> Callable[[str], FakeResolver | None]:
    known = objects or tuple(MODELS)
    return lambda slug: FakeResolver(slug) if slug in known else None


class FakeResolver:
    def __init__(self, object: str) -> None:
        self.object = object
        self.model_name = MODELS[object]
        self.asked: list[str] = []

    def attribute(self, name: str) -> Resolved | None:
        self.asked.append(name)
        name = RENAMED.get((self.object, name), name)
        for spec in SCHEMA[self.object]:
            if spec.slug == name:
                return Resolved(
                    slug=spec.slug,
                    type=spec.type,
                    is_multi=spec.is_multi,
                    spec=spec,
                    target=target(*spec.allowed_objects),
                    is_archived=spec.is_archived,
                    choices=spec.choices,
                    reach=reach(*spec.allowed_objects),
                    objects=spec.allowed_objects,
                    lookups=RECORD_ID if spec.slug == "record_id" else codec_for(spec.type).lookups,
                )
        return None

    is_list = False
    is_activity = False

    def names(self) -> list[str]:
        return [spec.slug for spec in SCHEMA[self.object] if not spec.is_archived]

    def meant(self, name: str) -> list[tuple[str, ...]]:
        specs = SCHEMA[self.object]
        return meant(name, {spec.slug: spec.type for spec in specs if not spec.is_archived})


class Instance(HasReference):
    """What the compiler sees of a saved instance of a model."""

    def __init__(self, object: str, id: str) -> None:
        self.reference = Reference(object, id)

    def _reference(self) -> Reference:
        return self.reference


def compile_filter(
    q: Q,
    resolver: Resolver,
    *,
    members: Sequence[Member] | None = None,
    record_id_in: bool = True,
    zone: tzinfo = UTC,
) -> Filter | Nothing:
    options = Options(members, zone)
    root = compiler.convert(resolve_conditions(q, resolver).root, options)
    return compiler.write_filter(root, record_id_in=record_id_in)


def compile_sorts(orders: Iterable[str | Order], resolver: Resolver) -> list[Sort]:
    parsed = [Order.parse(each) if isinstance(each, str) else each for each in orders]
    return compiler.compile_sorts(parsed, resolver)


PEOPLE = FakeResolver("people")
DEALS = FakeResolver("deals")
