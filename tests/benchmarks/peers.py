"""Other ORMs doing the same with records of their own: measured where they are installed.

None of them is a dependency of the tests. Each gets the twenty values of every record in its own
wire format, and the same reads.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from tests.benchmarks import designs
from tests.benchmarks.pages import ATTRIBUTES

Hydrate = Callable[[], Sequence[Any]]
Read = Callable[[Any], Any]

_TIMES = ("created_at", "last_interaction")
_NUMBERS = ("score", "deal_value")
_LISTS = ("email_addresses", "phone_numbers", "tags")


def _plain(pages: Sequence[bytes]) -> Iterator[dict[str, Any]]:
    for body in pages:
        for record in designs.loads(body)["data"]:
            flat = designs.flat_values(record)
            place = flat["primary_location"]
            flat["primary_location"] = json.dumps(place) if place else None
            for name in _TIMES:
                flat[name] = f"{flat[name][:23]}Z" if flat[name] else None
            yield flat


def pyairtable(pages: Sequence[bytes], read: Read) -> Hydrate | None:
    """``Model.from_record`` over ``json.loads``, as its own client does."""
    try:
        from pyairtable.orm import Model, fields
    except ImportError:
        return None
    special: dict[str, Any] = {
        **dict.fromkeys(_LISTS, fields.MultipleSelectField),
        **dict.fromkeys(_TIMES, fields.DatetimeField),
        "score": fields.NumberField,
        "is_customer": fields.CheckboxField,
        "rating": fields.RatingField,
        "deal_value": fields.CurrencyField,
        "birthday": fields.DateField,
    }
    meta = type("Meta", (), {"base_id": "appX", "table_name": "People", "api_key": "key"})
    columns = {name: special.get(name, fields.TextField)(name) for name in ATTRIBUTES}
    model: Any = type("Contact", (Model,), {"Meta": meta, **columns})
    records = [
        {
            "id": f"rec{number:014d}",
            "createdTime": "2026-01-02T03:04:05.000Z",
            "fields": {name: flat[name] for name in ATTRIBUTES if flat[name] not in (None, [])},
        }
        for number, flat in enumerate(_plain(pages))
    ]
    bodies = [
        json.dumps({"records": records[at : at + 100]}).encode()
        for at in range(0, len(records), 100)
    ]

    def hydrate() -> list[Any]:
        kept = []
        for body in bodies:
            for record in json.loads(body)["records"]:
                made = model.from_record(record)
                read(made)
                kept.append(made)
        return kept

    return hydrate


def _rows(pages: Sequence[bytes]) -> list[tuple[Any, ...]]:
    return [
        tuple(
            json.dumps(flat[name])
            if name in _LISTS
            else f"{flat[name][:10]} {flat[name][11:23]}000"
            if name in _TIMES and flat[name]
            else flat[name]
            for name in ATTRIBUTES
        )
        for flat in _plain(pages)
    ]


def _fill(connection: Any, rows: list[tuple[Any, ...]]) -> None:
    types = {**dict.fromkeys(_NUMBERS, "real"), "is_customer": "integer", "rating": "integer"}
    columns = ", ".join(f"{name} {types.get(name, 'text')}" for name in ATTRIBUTES)
    connection.execute(f"create table contact (id integer primary key, {columns})")
    places = ", ".join("?" * len(ATTRIBUTES))
    connection.executemany(f"insert into contact ({', '.join(ATTRIBUTES)}) values ({places})", rows)
    connection.commit()


def django(pages: Sequence[bytes], read: Read) -> Hydrate | None:
    """``list(Contact.objects.all())``."""
    try:
        import django as package
        from django.conf import settings
    except ImportError:
        return None
    if not settings.configured:
        engine = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
        settings.configure(DATABASES={"default": engine}, USE_TZ=True)
        package.setup()
    from django.db import connection, models

    kinds: dict[str, Any] = {
        **dict.fromkeys(_TIMES, models.DateTimeField),
        **dict.fromkeys(_NUMBERS, models.FloatField),
        "is_customer": models.BooleanField,
        "rating": models.IntegerField,
        "birthday": models.DateField,
    }
    columns = {name: kinds.get(name, models.TextField)(null=True) for name in ATTRIBUTES}
    meta = type("Meta", (), {"app_label": "benchmarks", "db_table": "contact"})
    namespace = {"__module__": __name__, "Meta": meta, **columns}
    contact: Any = type("DjangoContact", (models.Model,), namespace)
    connection.ensure_connection()
    _fill(connection.connection, _rows(pages))

    def hydrate() -> list[Any]:
        kept = list(contact.objects.all())
        for each in kept:
            read(each)
        return kept

    return hydrate


def sqlalchemy(pages: Sequence[bytes], read: Read) -> Hydrate | None:
    """``session.scalars(select(Contact)).all()``."""
    try:
        import sqlalchemy as sql
        from sqlalchemy.orm import Session, declarative_base
    except ImportError:
        return None
    kinds: dict[str, Any] = {
        **dict.fromkeys(_TIMES, sql.DateTime),
        **dict.fromkeys(_NUMBERS, sql.Float),
        "is_customer": sql.Boolean,
        "rating": sql.Integer,
        "birthday": sql.Date,
    }
    columns = {name: sql.Column(kinds.get(name, sql.Text)) for name in ATTRIBUTES}
    base: Any = declarative_base()
    key = sql.Column(sql.Integer, primary_key=True)
    contact: Any = type("Contact", (base,), {"__tablename__": "contact", "id": key, **columns})
    connection = sql.create_engine("sqlite://").connect()
    _fill(connection.connection.driver_connection, _rows(pages))
    session = Session(connection)

    def hydrate() -> list[Any]:
        kept = list(session.scalars(sql.select(contact)).all())
        for each in kept:
            read(each)
        return kept

    return hydrate


def peewee(pages: Sequence[bytes], read: Read) -> Hydrate | None:
    """``list(Contact.select())``."""
    try:
        import peewee as package
    except ImportError:
        return None
    kinds: dict[str, Any] = {
        **dict.fromkeys(_TIMES, package.DateTimeField),
        **dict.fromkeys(_NUMBERS, package.FloatField),
        "is_customer": package.BooleanField,
        "rating": package.IntegerField,
        "birthday": package.DateField,
    }
    database = package.SqliteDatabase(":memory:")
    meta = type("Meta", (), {"database": database, "table_name": "contact"})
    columns = {name: kinds.get(name, package.TextField)(null=True) for name in ATTRIBUTES}
    contact: Any = type("PeeweeContact", (package.Model,), {"Meta": meta, **columns})
    database.connect()
    _fill(database.connection(), _rows(pages))

    def hydrate() -> list[Any]:
        kept = list(contact.select())
        for each in kept:
            read(each)
        return kept

    return hydrate


def beanie(pages: Sequence[bytes], read: Read) -> Hydrate | None:
    """A ``Document`` from each record's BSON, as a cursor gives it: there is no MongoDB here."""
    try:
        import bson
        from beanie import Document
        from beanie.odm.settings.document import DocumentSettings
        from beanie.odm.utils.parsing import parse_obj
    except ImportError:
        return None
    fields = {
        name: field for name, field in designs.FlatPerson.model_fields.items() if name in ATTRIBUTES
    }
    namespace = {
        "__module__": __name__,
        "__annotations__": {
            **{name: field.annotation for name, field in fields.items()},
            "primary_location": str | None,
        },
        **{name: field.get_default() for name, field in fields.items()},
    }
    contact: Any = type("BeanieContact", (Document,), namespace)
    contact.get_pymongo_collection = classmethod(lambda cls: None)  # what it is bound to
    contact._document_settings = DocumentSettings()
    bodies = [
        bson.encode({"_id": bson.ObjectId(), **{name: flat[name] for name in ATTRIBUTES}})
        for flat in _plain(pages)
    ]

    def hydrate() -> list[Any]:
        kept = []
        for body in bodies:
            made = parse_obj(contact, bson.decode(body))
            read(made)
            kept.append(made)
        return kept

    return hydrate


_NOTION_RECORDS = 1_000  # each takes thirty times as long as the others


def ultimate_notion(pages: Sequence[bytes], read: Read) -> Hydrate | None:
    """Its pydantic layer alone, with its properties looked up: a ``Page`` needs a server."""
    try:
        from ultimate_notion.obj_api.blocks import Page
    except ImportError:
        return None
    import uuid
    from itertools import islice

    user = {"object": "user", "id": str(uuid.UUID(int=1))}
    moment, parent = "2026-01-02T03:04:00.000Z", str(uuid.UUID(int=2))
    source = {"type": "data_source_id", "data_source_id": parent, "database_id": parent}
    records = [
        {
            "object": "page",
            "id": flat["record_id"],
            **dict.fromkeys(("created_time", "last_edited_time"), moment),
            **dict.fromkeys(("created_by", "last_edited_by"), user),
            **dict.fromkeys(("cover", "icon", "public_url")),
            **dict.fromkeys(("archived", "in_trash", "is_locked"), False),
            "parent": source,
            "url": "https://www.notion.so/x",
            "properties": {name: _property(name, flat[name]) for name in ATTRIBUTES},
        }
        for flat in islice(_plain(pages), _NOTION_RECORDS)
    ]
    bodies = [
        json.dumps({"results": records[at : at + 100]}).encode()
        for at in range(0, len(records), 100)
    ]

    def hydrate() -> list[Any]:
        kept = []
        for body in bodies:
            for record in json.loads(body)["results"]:
                made = Page.model_validate(record)
                for name in ATTRIBUTES:
                    made.properties[name]
                kept.append(made)
        return kept

    return hydrate


_NOTION_KINDS = {
    "name": "title",
    "email_addresses": "email",
    "phone_numbers": "phone_number",
    **dict.fromkeys(("linkedin", "avatar_url"), "url"),
    **dict.fromkeys((*_TIMES, "birthday"), "date"),
    "strongest_connection_strength": "select",
    "lead_status": "status",
    **dict.fromkeys((*_NUMBERS, "rating"), "number"),
    "is_customer": "checkbox",
    "tags": "multi_select",
    "company": "relation",
}


def _property(name: str, value: Any) -> dict[str, Any]:
    """A value as Notion sends it."""
    kind = _NOTION_KINDS.get(name, "rich_text")
    if kind in ("title", "rich_text"):
        value = [_rich_text(value)] if value else []
    elif kind in ("email", "phone_number"):
        value = value[0] if value else None
    elif kind == "date":
        value = {"start": value, "end": None, "time_zone": None} if value else None
    elif kind in ("select", "status"):
        value = _notion_option(value) if value else None
    elif kind == "multi_select":
        value = [_notion_option(each) for each in value]
    elif kind == "relation":
        value = [{"id": value}] if value else []
    more = {"has_more": False} if kind == "relation" else {}
    return {"id": name, "type": kind, kind: value, **more}


def _notion_option(title: str) -> dict[str, Any]:
    return {"id": title, "name": title, "color": "red"}


def _rich_text(text: str) -> dict[str, Any]:
    styles = ("bold", "italic", "strikethrough", "underline", "code")
    return {
        "type": "text",
        "text": {"content": text, "link": None},
        "annotations": {**dict.fromkeys(styles, False), "color": "default"},
        "plain_text": text,
        "href": None,
    }


HYDRATING: dict[str, Callable[[Sequence[bytes], Read], Hydrate | None]] = {
    "pyairtable, 20 reads": pyairtable,
    "Django, 20 reads": django,
    "SQLAlchemy, 20 reads": sqlalchemy,
    "peewee, 20 reads": peewee,
    "Beanie, 20 reads": beanie,
    "ultimate-notion, 20 reads": ultimate_notion,
}
