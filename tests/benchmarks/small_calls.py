"""Calls that send nothing or little: what a session holds, saves of nothing, building."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable
from contextlib import suppress
from time import process_time
from typing import Any
from uuid import UUID

from attio_orm import Manager, Model, Person, QuerySet, connect
from attio_orm.attributes import Text
from tests.benchmarks.measuring import Result, Work, interleaved


class OwnQuerySet(QuerySet["Staff"]):
    """A queryset of one's own."""


class OwnManager(Manager["Staff"]):
    """A manager of one's own, which narrows nothing."""

    queryset_class = OwnQuerySet

    def get_queryset(self) -> QuerySet[Staff]:
        """All of them."""
        return super().get_queryset()


class Staff(Model, object="people"):
    """People by another manager."""

    job_title = Text()

    objects = OwnManager()


GETS = (
    "get(id=)", "get_or_none(id=)", "get(record_id=)", "await aget(id=)",
    "get(id=), manager of one's own", "get(id=), queryset",
)  # fmt: skip
SQLALCHEMY = "SQLAlchemy: session.get"
BUILT = "a query of two conditions, built and explained"
SQLALCHEMY_BUILT = "SQLAlchemy: the same as SQL"
DJANGO_BUILT = "Django: the same as SQL"


def small_calls(*, people: int = 500, each: int = 5, rounds: int = 41) -> Result:
    """What sends nothing, beside SQLAlchemy and Django; what sends little, beside bare requests."""
    result = Result(
        "small-calls",
        f"{people:,} records that a session of an hour holds, each got by its id, and saved without"
        " a change; `filter()` as far as it is only built; exists() and count() of the sandbox in"
        " process, beside the bare requests that they make. Peers: SQLite in memory, every object"
        " held by its session",
        "µs of processor time a call",
    )
    with connect("sandbox://") as connection:
        rows = [{"name": f"P{number}", "job_title": "Engineer"} for number in range(people)]
        ids = [str(made) for made in connection.sandbox.workspace.load("people", rows)]
        with connection.session(ttl=3_600):
            kept = (list(Person.objects.all()), list(Staff.objects.all()))
            cases = _held(ids, kept[0])
            for peer in (_sqlalchemy, _django):
                with suppress(ImportError):
                    cases |= peer(ids)
            built = {
                name: cases.pop(name)  # these take longer, and are made of a tenth of the ids
                for name in (BUILT, DJANGO_BUILT, SQLALCHEMY_BUILT)
                if name in cases
            }
            gc.freeze()  # what is here stays: each round begins with a collection
            result.add_all(_timed(cases, rounds, people))
            result.add_all(_timed(built, -(-rounds // 4), len(ids[::10])))
            result.add_all(_timed(_sent(connection, each), -(-rounds // 4), each))
            gc.unfreeze()
            connection.sandbox.requests.clear()
            for work in _held(ids, kept[0]).values():
                work()
            sent = len(connection.sandbox.requests)
    result.require("what is held takes no request", sent == 0)
    for name in (*GETS, "in_bulk(), an id"):
        result.compare(name, SQLALCHEMY, 1.5)
    result.compare("get(id=) of a UUID", "SQLAlchemy: session.get of a UUID", 1.5)
    for name in ("Django: save(update_fields=[])", "SQLAlchemy: flush() of a clean session"):
        result.compare("save() without changes", name)
    result.compare("filter()", "Django: filter()", 1.0)
    result.compare("filter()", "SQLAlchemy: select().where()")
    result.compare(BUILT, DJANGO_BUILT, 1.0)
    result.compare(BUILT, SQLALCHEMY_BUILT, 1.0)
    result.compare("exists()", "the request of exists()")
    result.compare("count()", "the requests of count()")
    return result


def _timed(cases: dict[str, Work], rounds: int, calls: int) -> dict[str, float]:
    taken = interleaved(cases, rounds, clock=process_time, units=calls)
    return {name: seconds * 1e6 for name, seconds in taken.items()}


def _each(call: Callable[[Any], object], arguments: Iterable[Any]) -> Work:
    """A call for each of these."""
    given = list(arguments)

    def work() -> None:
        for argument in given:
            call(argument)

    return work


def _awaited(ids: list[str]) -> Work:
    async def got() -> None:
        for id in ids:
            await Person.objects.aget(id=id)

    def work() -> None:
        with suppress(StopIteration):  # it waits for nothing, and needs no loop
            got().send(None)

    return work


def _held(ids: list[str], people: list[Person]) -> dict[str, Work]:
    queryset = Person.objects.all()

    def in_bulk() -> None:
        assert len(Person.objects.in_bulk(ids)) == len(ids)

    return {
        "get(id=)": _each(lambda id: Person.objects.get(id=id), ids),
        "get_or_none(id=)": _each(lambda id: Person.objects.get_or_none(id=id), ids),
        "get(record_id=)": _each(lambda id: Person.objects.get(record_id=id), ids),
        "await aget(id=)": _awaited(ids),
        "get(id=), manager of one's own": _each(lambda id: Staff.objects.get(id=id), ids),
        "get(id=), queryset": _each(lambda id: queryset.get(id=id), ids),
        "get(id=) of a UUID": _each(lambda id: Person.objects.get(id=id), map(UUID, ids)),
        "in_bulk(), an id": in_bulk,
        "save() without changes": _each(lambda person: person.save(), people),
        "filter()": _each(lambda id: Person.objects.filter(name=id), ids),
        BUILT: _each(_explain, ids[::10]),
    }


def _explain(id: str) -> object:
    people = Person.objects.filter(job_title__contains="VP", company__name=id)
    return people.includes("company").order_by("-created_at")[:50].explain()


def _sent(connection: Any, each: int) -> dict[str, Work]:
    requests, ask = connection.sandbox.requests, connection.api.records.query

    def again(call: Callable[[], object]) -> Work:
        """The same requests as those of the call, by the API of Attio."""
        call()
        requests.clear()
        call()
        bodies = [dict(request.json) for request in requests]
        return _each(lambda _: [ask("people", body) for body in bodies], range(each))

    def exists() -> bool:
        return Person.objects.filter(job_title="Engineer").exists()

    def count() -> int:
        return Person.objects.filter(job_title="Engineer").count()

    return {
        "exists()": _each(lambda _: exists(), range(each)),
        "the request of exists()": again(exists),
        "count()": _each(lambda _: count(), range(each)),
        "the requests of count()": again(count),
    }


def _sqlalchemy(ids: list[str]) -> dict[str, Work]:
    import sqlalchemy as sql
    from sqlalchemy.orm import Session, aliased, declarative_base, joinedload, relationship

    base: Any = declarative_base()

    def table(name: str, key: Any) -> Any:
        columns = {"id": sql.Column(key, primary_key=True), "name": sql.Column(sql.Text)}
        boss = sql.Column(key, sql.ForeignKey(f"{name}.id"))
        chief = relationship(name.title(), remote_side=columns["id"])
        namespace = {"__tablename__": name, **columns, "boss": boss, "chief": chief}
        return type(name.title(), (base,), namespace)

    person, member = table("person", sql.Text), table("member", sql.Uuid)
    engine = sql.create_engine("sqlite://")
    base.metadata.create_all(engine)
    session = Session(engine)
    keys = [UUID(id) for id in ids]
    session.add_all([person(id=id, name=id) for id in ids])
    session.add_all([member(id=key, name=str(key)) for key in keys])
    session.commit()
    other = aliased(person)

    def compiled(id: str) -> str:
        rows = sql.select(person).join(other, person.boss == other.id)
        rows = rows.where(person.name.contains("VP"), other.name == id)
        rows = rows.options(joinedload(person.chief)).order_by(person.id.desc()).limit(50)
        return str(rows.compile(engine))

    # the session itself holds them weakly
    session.info["held"] = [list(session.scalars(sql.select(kind))) for kind in (person, member)]
    return {
        SQLALCHEMY: _each(lambda id: session.get(person, id), ids),
        "SQLAlchemy: session.get of a UUID": _each(lambda key: session.get(member, key), keys),
        "SQLAlchemy: flush() of a clean session": _each(lambda _: session.flush(), ids),
        "SQLAlchemy: select().where()": _each(
            lambda id: sql.select(person).where(person.name == id), ids
        ),
        SQLALCHEMY_BUILT: _each(compiled, ids[::10]),
    }


def _django(ids: list[str]) -> dict[str, Work]:
    import django as package
    from django.conf import settings

    if not settings.configured:
        engine = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
        settings.configure(DATABASES={"default": engine})
        package.setup()
    from django.db import models

    meta = type("Meta", (), {"app_label": "benchmarks"})
    columns = {
        "id": models.TextField(primary_key=True),
        "name": models.TextField(),
        "boss": models.ForeignKey("self", models.CASCADE, null=True),
    }
    person: Any = type(
        "DjangoPerson", (models.Model,), {"__module__": __name__, "Meta": meta, **columns}
    )
    people = [person(id=id, name=id) for id in ids]

    def compiled(id: str) -> str:
        rows = person.objects.filter(name__contains="VP", boss__name=id)
        return str(rows.select_related("boss").order_by("-id")[:50].query)

    return {
        DJANGO_BUILT: _each(compiled, ids[::10]),
        "Django: filter()": _each(lambda id: person.objects.filter(name=id), ids),
        "Django: save(update_fields=[])": _each(lambda each: each.save(update_fields=[]), people),
    }
