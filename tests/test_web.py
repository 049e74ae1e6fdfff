"""A session for each web request: FastAPI and Flask, streams, errors, requests side by side."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import flask
import httpx
import pytest
from fastapi import BackgroundTasks, Depends, FastAPI, WebSocket
from fastapi.responses import StreamingResponse

from attio_orm import (
    Connection,
    NotConnectedError,
    Person,
    Session,
    ValidationError,
    aconnect,
    connect,
)
from attio_orm.connection import current, defaults
from attio_orm.connection.sessions import session_of
from attio_orm.testing import assert_num_requests
from attio_orm.web import AttioMiddleware, AttioWSGIMiddleware


def here() -> Session:
    return session_of(current.current())


async def get(app: Any, *paths: str) -> list[httpx.Response]:
    """The answers of an ASGI app to requests at the same time."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app.test") as client:
        return await asyncio.gather(*(client.get(path) for path in paths))


# -- ASGI -----------------------------------------------------------------------------------------


@pytest.fixture
def asgi(twenty: list[str]) -> FastAPI:
    """An app whose views tell about the session they run in."""
    app = FastAPI()
    app.add_middleware(AttioMiddleware, ttl=60)
    app.state.seen = []
    seen: list[Any] = app.state.seen

    @app.get("/async/{number}")
    async def view_async(number: int) -> str:
        person = await Person.objects.aget(id=twenty[number])
        assert await Person.objects.aget(id=twenty[number]) is person
        seen.append((here(), person))
        return str(person.job_title)

    @app.get("/sync/{number}")
    def view_sync(number: int) -> str:
        person = Person.objects.get(id=twenty[number])
        assert Person.objects.get(id=twenty[number]) is person
        seen.append((here(), person))
        return str(person.job_title)

    @app.get("/stream")
    async def view_stream() -> StreamingResponse:
        person = await Person.objects.aget(id=twenty[0])

        async def lines() -> AsyncIterator[str]:
            for _ in range(3):
                seen.append((here(), await Person.objects.aget(id=twenty[0])))
                yield f"{person.job_title}\n"

        return StreamingResponse(lines(), media_type="text/plain")

    @app.get("/stream-sync")
    def view_stream_sync() -> StreamingResponse:
        def lines() -> Iterator[str]:
            for _ in range(3):
                seen.append((here(), Person.objects.get(id=twenty[0])))
                yield "line\n"

        return StreamingResponse(lines(), media_type="text/plain")

    @app.get("/background")
    async def view_background(tasks: BackgroundTasks) -> str:
        person = await Person.objects.aget(id=twenty[0])

        async def later() -> None:
            assert await Person.objects.aget(id=twenty[0]) is person
            seen.append((here(), person))

        tasks.add_task(later)
        return "soon"

    @app.get("/error")
    async def view_error() -> None:
        seen.append((here(), await Person.objects.aget(id=twenty[0])))
        raise RuntimeError("of the view")

    @app.websocket("/socket")
    async def view_socket(socket: WebSocket) -> None:
        await socket.accept()
        seen.append((here(), None))
        await socket.send_text(str(here().ttl))
        await socket.close()

    return app


async def test_each_request_has_a_session_of_its_own(asgi: FastAPI) -> None:
    with assert_num_requests(3):  # within a request the second get() is answered from the session
        for path in ("/async/1", "/sync/1", "/async/1"):
            assert [answer.json() for answer in await get(asgi, path)] == ["1"]
    sessions, people = zip(*asgi.state.seen, strict=True)
    assert len(set(map(id, sessions))) == len(set(map(id, people))) == 3
    assert all(session.explicit and session.ttl == 60 for session in sessions)
    assert not here().explicit


async def test_requests_at_the_same_time_share_nothing(asgi: FastAPI) -> None:
    paths = [f"/{way}/{number % 4}" for number in range(20) for way in ("async", "sync")]
    answers = await get(asgi, *paths)
    assert [answer.json() for answer in answers] == [path[-1] for path in paths]
    sessions, people = zip(*asgi.state.seen, strict=True)
    assert len(set(map(id, sessions))) == len(set(map(id, people))) == 40


@pytest.mark.parametrize("path", ["/stream", "/stream-sync"])
async def test_a_stream_is_part_of_its_request(asgi: FastAPI, path: str) -> None:
    with assert_num_requests(1):
        (answer,) = await get(asgi, path)
    assert len(answer.text.splitlines()) == 3
    assert len(asgi.state.seen) == 3
    assert len({id(person) for _, person in asgi.state.seen}) == 1


async def test_background_tasks_are_part_of_their_request(asgi: FastAPI) -> None:
    with assert_num_requests(1):
        (answer,) = await get(asgi, "/background")
    assert answer.json() == "soon"
    assert len(asgi.state.seen) == 1


async def test_a_websocket_has_a_session(asgi: FastAPI) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/socket", "query_string": b"", "headers": []}
    await asgi(scope, receive, send)
    assert [each.get("text") for each in sent] == [None, "60", None]
    assert asgi.state.seen[0][0].explicit


async def test_an_error_ends_the_session_and_is_passed_on(asgi: FastAPI) -> None:
    with pytest.raises(RuntimeError, match="of the view"):
        await get(asgi, "/error")
    session, person = asgi.state.seen[0]
    assert here() is not session
    person.job_title = "outlives it"
    await person.asave()
    assert (await Person.objects.aget(id=person.id)).job_title == "outlives it"


async def test_the_lifespan_makes_the_connection() -> None:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with aconnect("sandbox://?seed=crm", on_drift="ignore"):
            yield

    app = FastAPI(lifespan=lifespan)
    app.add_middleware(AttioMiddleware)

    @app.get("/people/{name}", response_model=Person)
    async def person(name: str) -> Any:
        return await Person.objects.aget(name=name)

    with pytest.raises(NotConnectedError):
        await get(app, "/people/Ada Lovelace")
    async with app.router.lifespan_context(app):
        (answer,) = await get(app, "/people/Ada Lovelace")
    assert answer.json()["job_title"] == "Mathematician"
    with pytest.raises(NotConnectedError):
        await get(app, "/people/Ada Lovelace")


async def test_the_given_connection_is_used(connection: Connection, twenty: list[str]) -> None:
    asgi, wsgi = FastAPI(), flask.Flask(__name__)
    asgi.add_middleware(AttioMiddleware, connection=connection, size=5)
    wsgi.wsgi_app = AttioWSGIMiddleware(  # type: ignore[method-assign]
        wsgi.wsgi_app, connection=connection, size=5
    )
    used: list[Connection | None] = []

    @asgi.get("/")
    @wsgi.get("/")
    def view() -> str:
        used.append(current.current())
        used.append(here().connection)
        return str(Person.objects.count())

    with connect("sandbox://", on_drift="ignore"):
        assert [answer.json() for answer in await get(asgi, "/")] == ["20"]
        assert wsgi.test_client().get("/").text == "20"
        assert Person.objects.count() == 0
    assert used == [connection] * 4


async def test_an_async_dependency_may_enter_the_session(
    connection: Connection, twenty: list[str]
) -> None:
    app = FastAPI()

    async def session() -> AsyncIterator[Session]:
        with connection.session(ttl=60) as session:
            yield session

    @app.get("/")
    async def view(session: Session = Depends(session)) -> bool:  # noqa: B008 - FastAPI's way
        person = await Person.objects.aget(id=twenty[0])
        return here() is session and session.get(Person, twenty[0]) is person

    @app.get("/sync")
    def view_sync(session: Session = Depends(session)) -> bool:  # noqa: B008
        return here() is session

    assert [answer.json() for answer in await get(app, "/", "/sync")] == [True, True]


async def test_a_sync_dependency_is_told_why_it_cannot(connection: Connection) -> None:
    app = FastAPI()

    def session() -> Iterator[None]:
        with connection.session():
            yield

    @app.get("/", dependencies=[Depends(session)])
    def view() -> bool:
        return here().explicit

    with pytest.raises(RuntimeError, match=r"`async def`, or use AttioMiddleware"):
        await get(app, "/")


# -- WSGI -----------------------------------------------------------------------------------------


@pytest.fixture
def wsgi(twenty: list[str]) -> flask.Flask:
    app = flask.Flask(__name__)
    app.wsgi_app = AttioWSGIMiddleware(app.wsgi_app, ttl=60)  # type: ignore[method-assign]
    app.testing = True
    seen: list[Any] = []
    app.config["seen"] = seen

    @app.get("/<int:number>")
    def view(number: int) -> str:
        person = Person.objects.get(id=twenty[number])
        assert Person.objects.get(id=twenty[number]) is person
        seen.append((here(), person))
        return str(person.job_title)

    @app.get("/stream/<int:number>")
    def view_stream(number: int) -> flask.Response:
        def lines() -> Iterator[str]:
            for _ in range(3):
                seen.append((here(), Person.objects.get(id=twenty[number])))
                yield f"{flask.request.path}\n"

        return flask.Response(flask.stream_with_context(lines()))  # type: ignore[arg-type]

    @app.get("/error")
    def view_error() -> str:
        seen.append((here(), Person.objects.get(id=twenty[0])))
        raise RuntimeError("of the view")

    @app.get("/stream-error")
    def view_stream_error() -> flask.Response:
        def lines() -> Iterator[str]:
            seen.append((here(), None))
            yield "one\n"
            raise RuntimeError("of the stream")

        return flask.Response(lines())

    return app


def test_each_wsgi_request_has_a_session_of_its_own(wsgi: flask.Flask) -> None:
    client = wsgi.test_client()
    with assert_num_requests(3):
        assert [client.get("/1").text for _ in range(3)] == ["1"] * 3
    sessions, people = zip(*wsgi.config["seen"], strict=True)
    assert len(set(map(id, sessions))) == len(set(map(id, people))) == 3
    assert all(session.explicit and session.ttl == 60 for session in sessions)
    assert not here().explicit


def test_wsgi_threads_share_nothing(wsgi: flask.Flask, connection: Connection) -> None:
    together = threading.Barrier(8)

    def get() -> str:
        together.wait(10)
        return wsgi.test_client().get("/3").text

    with connection.concurrent(workers=8) as batch:
        for _ in range(8):
            batch.submit(get)
    assert [each.value for each in batch.results] == ["3"] * 8
    sessions, people = zip(*wsgi.config["seen"], strict=True)
    assert len(set(map(id, sessions))) == len(set(map(id, people))) == 8


def test_a_wsgi_stream_is_part_of_its_request(wsgi: flask.Flask) -> None:
    with assert_num_requests(1):
        answer = wsgi.test_client().get("/stream/1")
        assert answer.text == "/stream/1\n" * 3
    assert len({id(session) for session, _ in wsgi.config["seen"]}) == 1
    assert len({id(person) for _, person in wsgi.config["seen"]}) == 1


def run_wsgi(app: Any, path: str) -> Iterable[bytes]:
    """The body that a server gets, which it is to iterate and to close."""
    environ = environ_of(path)
    body: Iterable[bytes] = app(environ, lambda *_: lambda _: None)
    return body


def environ_of(path: str) -> dict[str, Any]:
    from wsgiref.util import setup_testing_defaults

    environ: dict[str, Any] = {"PATH_INFO": path}
    setup_testing_defaults(environ)
    return environ


def test_two_streams_half_way_in_one_thread(wsgi: flask.Flask) -> None:
    bodies: list[Any] = [run_wsgi(wsgi, f"/stream/{number}") for number in (1, 2)]
    chunks = [iter(body) for body in bodies]
    for _ in range(2):
        assert [next(each) for each in chunks] == [b"/stream/1\n", b"/stream/2\n"]
        assert not here().explicit
    bodies[0].close()  # the first to begin is the first to end
    assert list(chunks[1]) == [b"/stream/2\n"]
    bodies[1].close()
    assert len({id(session) for session, _ in wsgi.config["seen"]}) == 2
    assert not here().explicit
    assert defaults.active.get() is None


@pytest.mark.parametrize("path", ["/error", "/stream-error"])
def test_an_error_of_wsgi_ends_the_session_and_is_passed_on(wsgi: flask.Flask, path: str) -> None:
    with pytest.raises(RuntimeError, match="of the"):
        wsgi.test_client().get(path).get_data()
    ((session, _),) = wsgi.config["seen"]
    assert here() is not session
    assert defaults.active.get() is None


def test_the_session_ends_when_the_response_is_closed(connection: Connection) -> None:
    kept = contextvars.ContextVar[Any]("kept")
    closed: list[bool] = []

    class Body:
        def __iter__(self) -> Iterator[bytes]:
            yield kept.get().encode()

        def close(self) -> None:
            closed.append(here().explicit)

    def app(environ: Any, start_response: Any) -> Any:
        kept.set("of this request")
        return Body()

    body: Any = AttioWSGIMiddleware(app)({}, None)
    assert list(body) == [b"of this request"]
    assert kept.get(None) is None
    body.close()
    assert closed == [True]


def test_a_body_that_cannot_be_closed(connection: Connection) -> None:
    body: Any = AttioWSGIMiddleware(lambda *_: [b"a", b"b"])({}, None)
    assert list(body) == [b"a", b"b"]
    body.close()


def test_wsgi_without_a_connection() -> None:
    middleware = AttioWSGIMiddleware(lambda *_: [])
    with pytest.raises(NotConnectedError):
        middleware({}, None)


# -- both -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [AttioMiddleware, AttioWSGIMiddleware])
@pytest.mark.parametrize("options", [{"ttl": -1}, {"ttl": "5"}, {"size": 0}, {"size": 1.5}])
def test_options_are_checked_when_the_app_is_made(kind: Any, options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=r"ttl is in seconds|size is how many"):
        kind(None, **options)


async def test_other_asgi_messages_pass(connection: Connection) -> None:
    async def app(scope: Any, receive: Callable[[], Awaitable[Any]], send: Any) -> None:
        await send((scope["type"], here().explicit))

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    for kind in ("lifespan", "http", "websocket"):
        await AttioMiddleware(app)({"type": kind}, None, send)
    assert sent == [("lifespan", False), ("http", True), ("websocket", True)]
