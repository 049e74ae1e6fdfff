"""Every error, provoked and read as a user reads it: what happened, where, and what to do.

``pytest tests/test_messages.py -s`` prints them one by one.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import pickle
import traceback
import warnings
from collections.abc import Callable
from tempfile import TemporaryDirectory
from typing import Any, Literal
from uuid import UUID

import pytest

from attio_orm import (
    Activity,
    BlockingCallWarning,
    Company,
    Deal,
    FetchMode,
    Include,
    LazyLoadWarning,
    ListEntry,
    Model,
    Person,
    Q,
    QuerySet,
    SchemaDriftWarning,
    connect,
    errors,
    signals,
)
from attio_orm.attributes import Number, One, Status, Text
from attio_orm.connection import defaults
from attio_orm.effects import run
from attio_orm.oauth import OAuthApp, OAuthToken
from attio_orm.transport import WireRequest, WireResponse
from tests.bad_input.world import TOKEN, World, body, check_clear, opened
from tests.bad_input.world import Middle as Backend

NOBODY = str(UUID(int=7))
Provoke = Callable[[World], Any]


class Case:
    """One way to an error: how, its class, and what its message has to name."""

    def __init__(self, error: type[BaseException], provoke: Provoke, *said: str) -> None:
        self.error, self.provoke, self.said = error, provoke, said


def faulty(fault: Any, work: Provoke, **options: Any) -> Provoke:
    """``work``, where the sandbox fails that way."""

    def provoke(world: World) -> Any:
        world.handle.fail_next(fault, **options)
        return work(world)

    return provoke


def people(world: World) -> Any:
    return list(Person.objects.all())


def save(world: World) -> Any:
    world.ada.job_title = "Countess of Lovelace"
    world.ada.save()


def create(world: World) -> Any:
    return Person.objects.create(name="New")


def closed(world: World) -> Any:
    world.connection.close()
    Person.objects.using(world.connection).first()


def without_scope(world: World) -> Any:
    known = {"active": True, "scope": "record_permission:read object_configuration:read"}
    world.handle.reply_next(known, match="GET /v2/self")
    world.connection.whoami()
    Person.objects.create(name="Ada")


def vanished(world: World) -> Any:
    world.connection.api.records.delete("people", world.ada.id)
    save(world)


def stale(world: World) -> Any:
    world.ada.job_title = "Mine"
    values = {"job_title": "Theirs"}
    world.connection.api.records.update("people", world.ada.id, values)
    world.ada.save(on_conflict="raise")


def deleted(world: World) -> Any:
    world.ada.delete()
    world.ada.job_title = "Ghost"
    world.ada.save()


def emptied(world: World) -> Any:
    class Person(Model):
        company: One[Company]

    Person.objects.create(name="Alone")
    return Person.objects.get(name="Alone").company


def peer(world: World) -> Any:
    with world.connection.session():
        return Person.objects.fetch_mode(FetchMode.RAISE).first().company  # type: ignore[union-attr]


def one_by_one(world: World) -> Any:
    companies = world.handle.workspace.load("companies", [{"name": f"C{n}"} for n in range(10)])
    links = [{"target_object": "companies", "target_record_id": each} for each in companies]
    world.handle.workspace.load("people", [{"company": link} for link in links])
    people = list(Person.objects.filter(name=None).fetch_mode(FetchMode.ONE))
    return [person.company for person in people]


def detached(world: World) -> Any:
    with world.connection.session():
        ada = Person.objects.get(id=world.ada.id)
    return pickle.loads(pickle.dumps(ada)).company


def receiver(world: World) -> Any:
    async def notify(sender: Any, **values: Any) -> None: ...

    with signals.pre_save.connected_to(notify):
        save(world)


def drifted(world: World) -> Any:
    class Person(Model, on_drift="raise"):
        job_title: Number
        nick_name: Text

    return Person.objects.first()


def half_applied(world: World) -> Any:
    class Rocket(Model):
        thrust: Text
        range: Text

    world.handle.fail_next(403, match="POST /v2/objects/rockets/attributes")
    world.handle.connection.schema.apply(Rocket)


def drift_warning(world: World) -> Any:
    class Deal(Model):
        stage: Status[Literal["Lead", "Lost in Space"]]

    return Deal.objects.first()


def blocking(world: World) -> Any:
    async def work() -> None:
        with Backend().connect():
            Person.objects.first()

    asyncio.run(work())


def refs(world: World) -> Any:
    ids = world.handle.workspace.load("people", [{"name": f"P{n}"} for n in range(10)])
    return [Person.ref(each).name for each in ids]


def absent_object(world: World) -> Any:
    with TemporaryDirectory() as folder:
        url = f"sandbox:///{folder}/old.db"
        connect(url).close()  # a new sandbox is not asked: define() makes what it lacks

        class Rocket(Model):
            name: Text

        connect(url).close()


def archived(world: World) -> Any:
    world.handle.workspace.define_attribute("people", api_slug="nick", type="text")
    world.connection.api.attributes.update("people", "nick", is_archived=True)
    world.connection.schema.forget()
    Person.objects.create(name="Bob", nick="B")


def pipeline() -> Any:
    class Pipeline(ListEntry, list="sales", parent=Company, on_drift="ignore"):
        priority: Text

    return Pipeline


def entry(work: Callable[[Any], Any]) -> Provoke:
    """``work`` on an entry of a list."""

    def provoke(world: World) -> Any:
        model = pipeline()
        world.handle.define(model)
        acme = Company.objects.create(name="Acme")
        return work(model.objects.create(parent=acme, priority="High"))

    return provoke


def missing_object(world: World) -> Any:
    class Project(Model):
        name: Text

    return Project.objects.first()


def through(spoil: Any) -> Provoke:
    def provoke(world: World) -> Any:
        backend = Backend()
        with backend.connect():
            backend.spoil = spoil
            return list(Person.objects.all())

    return provoke


def failing(error: Exception) -> Provoke:
    def spoil(request: WireRequest, response: WireResponse) -> WireResponse:
        raise error

    return through(spoil)


def refusing(status: int, code: str, message: str) -> Provoke:
    import json

    text = {"status_code": status, "type": "x", "code": code, "message": message}
    return through(body(json.dumps(text).encode(), status=status))


def ask(make: Callable[[], QuerySet[Any]]) -> Provoke:
    return lambda world: make().first()


def setting(name: str, value: Any) -> Provoke:
    return lambda world: setattr(world.ada, name, value)


E = errors
QUERY = "POST /v2/objects/people/records/query"
CREATE = "POST /v2/objects/people/records"
CASES: dict[str, Case] = {
    # answers of the API
    "400": Case(E.InvalidRequestError, faulty(400, people), QUERY, "400"),
    "400 filter": Case(
        E.InvalidRequestError, ask(lambda: Person.objects.filter(Q.raw({"nmae": 1}))), QUERY, "nmae"
    ),
    "400 on a save": Case(
        E.InvalidRequestError, faulty(400, save), "PATCH /v2/objects/people/records/"
    ),
    "400 unique": Case(
        E.UniquenessConflictError,
        lambda w: Person.objects.create(email_addresses=["ada@lovelace.dev"]),
        CREATE,
        "email_addresses",
    ),
    "400 complex": Case(
        E.QueryTooComplexError,
        refusing(400, "query_too_complex", "The query is too complex."),
        QUERY,
        "fewer conditions",
    ),
    "422": Case(E.BadRequestError, faulty(422, people), QUERY, "422"),
    "401": Case(E.AuthenticationError, faulty(401, people), QUERY, "ATTIO_API_KEY"),
    "403": Case(E.ForbiddenError, faulty(403, people), QUERY, "scope"),
    "404": Case(E.NotFoundError, faulty(404, people), QUERY, "404"),
    "404 path": Case(
        E.NotFoundError, lambda w: w.connection.request("GET", "/v2/nothing"), "GET /v2/nothing"
    ),
    "404 object": Case(E.NotFoundError, missing_object, '"projects"', "define(Model)"),
    "409": Case(E.ConflictError, faulty(409, create), CREATE, "409"),
    "409 of two writes": Case(
        E.WriteConflictError,
        refusing(409, "concurrent_write_conflict", "The record was modified by another request."),
        QUERY,
        "wrote nothing",
    ),
    "418": Case(E.APIError, faulty(418, people), QUERY, "418", "docs.attio.com"),
    "302": Case(E.APIError, through(body(b"", status=302)), QUERY, "302", "address"),
    "429": Case(
        E.RateLimitError, faulty(429, people, times=5, retry_after="0"), QUERY, "5 attempts"
    ),
    "429 with a date": Case(
        E.RateLimitError, faulty(429, people, retry_after="90"), QUERY, "90 seconds"
    ),
    "500": Case(E.ServerError, faulty(500, people, times=5), QUERY, "5 attempts"),
    "502 page": Case(E.ServerError, faulty("html", people, times=5), QUERY, "web page"),
    # the way to it
    "dropped": Case(E.ConnectionFailedError, faulty("drop_before", people, times=5), QUERY),
    "dropped create": Case(
        E.OutcomeUnknownError,
        faulty("drop_after", create),
        CREATE,
        "may or may not exist",
        "upsert()",
    ),
    "500 create": Case(E.OutcomeUnknownError, faulty(500, create), CREATE, "may or may not exist"),
    "no answer": Case(
        E.RequestTimeoutError, lambda w: unanswered(), "GET /v2/objects", "127.0.0.1", "timeout"
    ),
    "too late": Case(
        E.DeadlineExceededError,
        lambda w: unanswered(timeout=20, deadline=0.2),
        "GET /v2/objects",
        "0.2 s",
        "deadline",
    ),
    "nobody there": Case(
        E.ConnectionFailedError, lambda w: unreachable(), "GET /v2/self", "127.0.0.1"
    ),
    "a web page": Case(
        E.InvalidResponseError,
        through(body(b"<html>", "text/html")),
        QUERY,
        "attio.example",
        "web page",
    ),
    "truncated": Case(E.InvalidResponseError, through(body(b'{"data": [')), QUERY, "attio.example"),
    "empty": Case(E.InvalidResponseError, through(body(b"")), QUERY, "empty body"),
    # the mapping
    "none matches": Case(
        E.DoesNotExist,
        lambda w: Person.objects.get(name="Nobody"),
        "Person",
        "'Nobody'",
        "get_or_none",
    ),
    "no such id": Case(E.DoesNotExist, lambda w: Person.objects.get(id=NOBODY), "Person", NOBODY),
    "vanished": Case(E.DoesNotExist, vanished, "Person", "no longer exists"),
    "deleted": Case(E.DoesNotExist, deleted, "Person", "no longer exists"),
    "One is empty": Case(E.DoesNotExist, emptied, "company", "Maybe"),
    "two match": Case(
        E.MultipleObjectsReturned,
        lambda w: [create(w), create(w), Person.objects.get(name="New")],
        "Person",
        "'New'",
        "first()",
    ),
    "wrong type": Case(E.ValidationError, setting("name", 5), "name", "5"),
    "unknown option": Case(
        E.ValidationError, lambda w: setattr(w.deal, "stage", "Wno"), "stage", "'Wno'", "'Won 🎉'"
    ),
    "naive": Case(
        E.ValidationError,
        ask(lambda: Person.objects.filter(created_at__gte="2026-01-01T00:00:00")),
        "created_at__gte",
        "time zone",
    ),
    "no reference": Case(
        E.ValidationError, setting("company", "Acme"), "company", "'Acme'", "UUID"
    ),
    "unsaved": Case(
        E.ValidationError, setting("company", Company(name="New")), "company", "Company", "save it"
    ),
    "a stranger": Case(
        E.ValidationError,
        lambda w: setattr(w.ada, "company", w.stranger),
        "company",
        "Stranger",
        "another connection",
    ),
    "required": Case(
        E.ValidationError, lambda w: Deal.objects.create(name="New"), "stage", "owner", "required"
    ),
    "not unique": Case(
        E.ValidationError,
        lambda w: Person.objects.upsert("job_title", job_title="x"),
        "Person.job_title",
        "email_addresses",
    ),
    "upsert of nothing": Case(
        E.ValidationError,
        lambda w: Person.objects.upsert("email_addresses", name="x"),
        "email_addresses",
    ),
    "get_or_create of nothing": Case(
        E.ValidationError, lambda w: Person.objects.get_or_create(), "get_or_create()"
    ),
    "delete": Case(
        E.ValidationError, lambda w: Person.objects.delete(confirm=5), "Person", "confirm=1"
    ),
    "delete unsaved": Case(
        E.ValidationError, lambda w: Person(name="New").delete(), "Person", "not saved"
    ),
    "refresh unsaved": Case(
        E.ValidationError, lambda w: Person(name="New").refresh(), "Person", "not saved"
    ),
    "an id": Case(E.ValidationError, lambda w: Person.objects.get(id="5"), "Person", "'5'", "UUID"),
    "ids": Case(E.ValidationError, lambda w: Person.objects.in_bulk(["5"]), "in_bulk()", "'5'"),
    "ref": Case(E.ValidationError, lambda w: Person.ref("5"), "Person.ref()", "'5'"),
    "by two": Case(
        E.ValidationError, lambda w: Company.by(name="x", domains="y.dev"), "Company.by()"
    ),
    "by a location": Case(
        E.ValidationError, lambda w: Company.by(primary_location="x"), "Company.by(primary_location"
    ),
    "search": Case(
        E.ValidationError, lambda w: Person.objects.search("x", limit=99), "search()", "99"
    ),
    "include": Case(
        E.ValidationError,
        lambda w: Include("company", Company.objects.all()),
        '"company"',
        "to_attr",
    ),
    "values of nothing": Case(
        E.ValidationError,
        lambda w: Person.objects.values(),
        "Name the attributes",
        "'company__name'",
    ),
    "fields": Case(E.ValidationError, lambda w: w.ada.save(fields="name"), "'name'"),
    "bulk": Case(
        E.ValidationError,
        lambda w: Person.objects.bulk_create({"name": "x"}),
        "bulk_create()",
        "dict",
    ),
    "bulk row": Case(
        ExceptionGroup, lambda w: Person.objects.bulk_create([5]).raise_for_errors(), "1 of 1 rows"
    ),
    "a path": Case(
        E.ValidationError, lambda w: w.connection.request("GET", "v2/self"), "'v2/self'"
    ),
    "an address": Case(
        E.ValidationError, lambda w: connect("ftp://attio.example"), "ftp://attio.example"
    ),
    "a token": Case(
        E.ValidationError, lambda w: connect(api_key=f"{TOKEN}\n"), "API key", "line break"
    ),
    "a snapshot": Case(
        E.ValidationError,
        lambda w: connect("sandbox://", schema="no.json"),
        "no.json",
        "schema.save",
    ),
    "no such choices": Case(
        E.UnknownAttributeError,
        lambda w: run(w.connection.schema.choices("deals", "stgae")),
        "deals",
        "stgae",
    ),
    "choices of a text": Case(
        E.ValidationError,
        lambda w: run(w.connection.schema.choices("deals", "name")),
        "deals",
        "name",
    ),
    "read-only": Case(
        E.ReadOnlyAttributeError,
        setting("first_interaction", "x"),
        "Person.first_interaction",
        "leave it out",
    ),
    "the id": Case(E.ReadOnlyAttributeError, setting("id", NOBODY), "Person.id", "leave it out"),
    "unknown": Case(
        E.UnknownAttributeError, lambda w: w.ada.job_titel, "Person", "'job_titel'", "'job_title'"
    ),  # type: ignore[attr-defined]
    "unknown in a filter": Case(
        E.UnknownAttributeError,
        ask(lambda: Person.objects.filter(job_titel=1)),
        "Person",
        "'job_titel'",
        "'job_title'",
    ),
    "unknown, far off": Case(
        E.UnknownAttributeError,
        ask(lambda: Company.objects.filter(zzz=1)),
        "Company",
        "'zzz'",
        "name",
    ),
    "unknown in an include": Case(
        E.UnknownAttributeError,
        ask(lambda: Person.objects.includes("compny")),
        "Person.compny",
        "'company'",
    ),
    "unknown to match by": Case(
        E.UnknownAttributeError, lambda w: Company.by(nmae="x"), "Company", "'nmae'", "'name'"
    ),
    "misspelt lookup": Case(
        E.UnsupportedLookup,
        ask(lambda: Person.objects.filter(name__contians=1)),
        "'name'",
        "'contians'",
        "'contains'",
    ),
    "unsupported lookup": Case(
        E.UnsupportedLookup,
        ask(lambda: Deal.objects.filter(stage__gt="x")),
        "'stage'",
        "'gt'",
        "exact",
    ),
    "unsupported order": Case(
        E.UnsupportedLookup,
        ask(lambda: Person.objects.order_by("company")),
        "company",
        "company__name",
    ),
    "notes of an entry": Case(
        E.NotSupportedByAttio,
        lambda w: ListEntry.__new__(ListEntry).notes,
        "list entries",
        "entry.parent",
    ),
    "drift": Case(E.SchemaDriftError, drifted, "Person", "job_title", "nick_name"),
    "a change of the schema half-way": Case(
        E.SchemaChangeError, half_applied, "1 of 3 changes", "rockets.thrust", "apply it again"
    ),
    "a title in another case": Case(
        E.ValidationError,
        lambda w: Deal.schema["stage"].statuses.add("lost"),
        "'lost'",
        "'Lost' is there",
    ),
    "an attribute deleted": Case(
        E.NotSupportedByAttio, lambda w: Deal.schema["stage"].delete(), "'stage'", "archive()"
    ),
    "drift, warned of": Case(SchemaDriftWarning, drift_warning, "Deal", "stage", "Lost in Space"),
    "one by one": Case(LazyLoadWarning, one_by_one, "Person.company", 'includes("company")'),
    "blocking": Case(BlockingCallWarning, blocking, "first()", "await afirst()", "to_thread()"),
    "refs one by one": Case(LazyLoadWarning, refs, "Person.ref()", "in_bulk(ids)"),
    "an object that lacks": Case(SchemaDriftWarning, absent_object, "Rocket", '"rockets"'),
    "archived": Case(E.UnknownAttributeError, archived, "Person.nick", "archived"),
    "a misspelt name in a dump": Case(
        E.UnknownAttributeError,
        lambda w: w.ada.model_dump(include={"job_titel"}),
        "'job_titel'",
        "'job_title'",
    ),
    "no names for a dump": Case(
        E.ValidationError, lambda w: w.ada.model_dump(include="name"), "include", "'name'"
    ),
    "the parent of an entry": Case(
        E.ReadOnlyAttributeError,
        entry(lambda e: setattr(e, "parent", e.parent)),
        "Pipeline.parent",
        "delete this one",
    ),
    "an entry without its parent": Case(
        E.ValidationError,
        entry(lambda e: type(e).objects.create(priority="x")),
        "parent",
        "give one",
    ),
    "a parent by a match": Case(
        E.ValidationError,
        entry(lambda e: type(e).objects.create(parent=Company.by(name="Acme"))),
        "parent",
        "give the record",
    ),
    "an entry by its id": Case(
        E.UnsupportedLookup,
        entry(lambda e: type(e).objects.filter(id__in=[e.id]).first()),
        "id",
        "in_bulk",
    ),
    "in_bulk of filtered entries": Case(
        E.UnsupportedLookup,
        entry(lambda e: type(e).objects.filter(priority="x").in_bulk([e.id])),
        "in_bulk()",
        "Pipeline.objects.in_bulk",
    ),
    "a search in a list": Case(
        E.ValidationError, entry(lambda e: type(e).objects.search("x")), "Pipeline", "parents"
    ),
    "history of the parent": Case(
        E.ValidationError, entry(lambda e: e.history("parent")), "Pipeline.parent", "read it"
    ),
    "a reference to an entry": Case(
        E.UnsupportedLookup, entry(lambda e: type(e).by(priority="x")), "Pipeline", "parent"
    ),
    "entries of an entry": Case(
        E.UnknownAttributeError, entry(lambda e: e.entries), "'Acme'", "entry.parent.entries"
    ),
    "a list that lacks": Case(
        E.NotFoundError, lambda w: pipeline().objects.first(), '"sales"', "define(Model)"
    ),
    "stale": Case(
        E.StaleRecordError, stale, "Person", "job_title", "'Mine'", "'Theirs'", "refresh()"
    ),
    "not loaded": Case(E.NotLoadedError, peer, "company", 'includes("company")'),
    "detached": Case(E.NotLoadedError, detached, "company", 'includes("company")'),
    "no connection": Case(E.NotConnectedError, lambda w: unconnected(), "connect()", "sandbox://"),
    "no token": Case(E.NotConnectedError, lambda w: connect(), "ATTIO_API_KEY", "sandbox://"),
    "closed": Case(E.NotConnectedError, closed, "sandbox://", "closed"),
    "state of a log-in": Case(
        E.StateMismatchError, lambda w: logged_in("forged"), "authorization_url()"
    ),
    "refreshed token": Case(
        E.RefreshNotSupported, lambda w: OAuthToken(TOKEN).refresh(), "authorization_url()"
    ),
    "write without a scope": Case(
        E.ForbiddenError, without_scope, CREATE, "record_permission:read-write", "not sent"
    ),
    "coroutine receiver": Case(E.AsyncReceiverError, receiver, "notify", "pre_save", "asave()"),
    # what Python has errors for
    "negative index": Case(ValueError, lambda w: Person.objects.all()[-1], "[-1]", "last()"),
    "negative slice": Case(ValueError, lambda w: Person.objects.all()[-5:], "-5", "reverse()"),
    "step": Case(ValueError, lambda w: Person.objects.all()[::2], "step"),
    "after a slice": Case(
        TypeError, lambda w: Person.objects.all()[:5].filter(name="x"), "filter()", "slice"
    ),
    "truth of a condition": Case(TypeError, lambda w: bool(Person.name == "x"), "condition", "&"),
    "truth of a relation": Case(TypeError, lambda w: bool(Person.company), "company"),
    "hash of an unsaved": Case(
        TypeError, lambda w: hash(Person(name="New")), "Person", "save it first"
    ),
    "deleting an attribute": Case(
        TypeError, lambda w: delattr(w.ada, "name"), "Person.name", "None"
    ),
    "a reserved name": Case(
        TypeError,
        lambda w: type("Odd", (Model,), {"__annotations__": {"save": Text}}),
        "Odd.save",
        'Text("save")',
    ),
    "a pickled connection": Case(TypeError, lambda w: pickle.dumps(w.connection), "connect()"),
    "the history of an activity": Case(
        E.NotSupportedByAttio, lambda w: a_call().history("title"), "Call.history", "activities"
    ),
    "a history that overlaps": Case(
        E.ValidationError,
        lambda w: w.ada.write_history(
            "job_title",
            [("A", "2026-01-01T00:00Z", None), ("B", "2026-02-01T00:00Z", None)],
            replace=True,
        ),
        "job_title",
        "overlap",
    ),
    "an unknown kind of deal": Case(
        TypeError,
        lambda w: type("Odd", (Deal,), {"__module__": __name__}, won="Won"),
        "Odd",
        "won={",
    ),
    "annotate": Case(AttributeError, lambda w: Person.objects.annotate(), "annotate()", "count()"),  # type: ignore[attr-defined]
}


def a_call() -> Any:
    class Call(Activity, activity="phone_calls"):
        title: Text

    return Call(title="Intro")


def unconnected() -> Any:

    before, defaults._defaults[:] = list(defaults._defaults), []
    try:
        return Person.objects.first()
    finally:
        defaults._defaults[:] = before


def logged_in(state: str) -> Any:
    app = OAuthApp("client", "secret", "https://app.example.com/callback")
    return app.exchange("code", state=state, expected_state=app.authorization_url().state)


def unreachable() -> Any:
    with connect("http://127.0.0.1:9", api_key=TOKEN, max_attempts=1) as connection:
        connection.request("GET", "/v2/self")


def unanswered(**options: Any) -> Any:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        options = {"timeout": 0.05, "max_attempts": 1, **options}
        with connect(f"http://127.0.0.1:{port}", api_key=TOKEN, **options) as connection:
            connection.request("GET", "/v2/objects")


@pytest.mark.usefixtures("no_waits")
@pytest.mark.parametrize("name", CASES)
def test_the_message(name: str, caplog: pytest.LogCaptureFixture) -> None:
    case = CASES[name]
    caplog.set_level(logging.DEBUG)

    with opened() as world, warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            case.provoke(world)
        except case.error as error:
            found = error
        else:
            pytest.fail(f"nothing was raised, and {case.error.__name__} was expected")
        said = [] if isinstance(found, ExceptionGroup) else list(case.said)
        shown = found.exceptions[0] if isinstance(found, ExceptionGroup) else found
        assert all(part in str(found) for part in case.said if not said), str(found)
        message = check_clear(shown, *said)
        print(f"\n{type(found).__name__} ({name})\n    {message}")

        assert message[0] != " "
        assert message.rstrip().endswith((".", "?", "!", ")", "]")), message
        assert "  " not in message.replace("\n  ", "\n"), message
        assert not any(word in message for word in ("None.", "<class", " object at 0x")), message
        everything = "".join(traceback.format_exception(found)) + caplog.text
        assert TOKEN not in everything.replace(f"{TOKEN}\\n", "")
        if isinstance(found, errors.AttioError):
            again = pickle.loads(pickle.dumps(found.with_traceback(None)))
            assert (type(again).__name__, str(again)) == (type(found).__name__, message)


def test_every_class_of_error_is_read_here() -> None:
    classes = [
        each
        for each in vars(errors).values()
        if inspect.isclass(each)
        and issubclass(each, errors.AttioError | Warning)
        and each.__module__ == errors.__name__
    ]
    abstract = {errors.AttioError, errors.TransportError, errors.NotSupportedByAttio}
    provoked = {case.error for case in CASES.values()}

    assert {each for each in classes if each not in provoked} == abstract - provoked
    assert len(classes) > 25
