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
    bodies = [json.dumps({"records": records[at : at + 100]}) for at in range(0, len(records), 100)]

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


HYDRATING: dict[str, Callable[[Sequence[bytes], Read], Hydrate | None]] = {
    "pyairtable, 20 reads": pyairtable,
    "Django, 20 reads": django,
    "SQLAlchemy, 20 reads": sqlalchemy,
}
