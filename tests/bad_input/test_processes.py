"""Forks, event loops that end, and processes that are killed: the work goes on where it was."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from attio_orm import Company, NotLoadedError, Person, aconnect, connect
from attio_sandbox import Workspace


def served(workspace: Workspace) -> type[BaseHTTPRequestHandler]:
    """A handler that gives HTTP clients what the workspace answers."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def work(self) -> None:
            parts = urlsplit(self.path)
            reply = workspace.handle(
                self.command,
                parts.path,
                params=dict(parse_qsl(parts.query)),
                headers={name.lower(): value for name, value in self.headers.items()},
                body=self.rfile.read(int(self.headers.get("content-length") or 0)),
            )
            self.send_response(reply.status)
            self.send_header("content-type", reply.headers["content-type"])
            self.send_header("content-length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = work

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a workspace behind a socket; its token is in the environment."""
    workspace = Workspace(None)
    monkeypatch.setenv("ATTIO_API_KEY", workspace.token)
    server = ThreadingHTTPServer(("127.0.0.1", 0), served(workspace))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()
    workspace.close()


def in_a_fork(work: Callable[[], object]) -> str:
    """What ``work`` gives in a child process, as text."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = repr(work())
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    return said


def names() -> list[str]:
    return sorted(each.name.full_name for each in Person.objects.all() if each.name)


async def anames() -> list[str]:
    return sorted([each.name.full_name async for each in Person.objects.all() if each.name])


forking = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # of Python 3.12 on


@forking
def test_a_fork_in_memory_goes_its_own_way() -> None:
    with connect("sandbox://"):
        ada = Person.objects.create(name="Lovelace, Ada")

        def child() -> Any:
            Person.objects.create(name="Child")
            return names(), Person.objects.get(id=ada.id) is ada

        assert in_a_fork(child) == "(['Ada Lovelace', 'Child'], True)"
        assert names() == ["Ada Lovelace"]


@forking
def test_a_fork_shares_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with connect("sandbox:///shared.db"):
        ada: Any = Person.objects.create(name="Lovelace, Ada")

        def child() -> Any:
            ada.job_title = "Countess"
            ada.save()
            Person.objects.create(name="Child")
            return names()

        assert in_a_fork(child) == "['Ada Lovelace', 'Child']"
        assert names() == ["Ada Lovelace", "Child"]
        ada.refresh()
        assert ada.job_title == "Countess"


@forking
def test_parent_and_child_do_not_share_a_socket(url: str) -> None:
    with connect(url):
        for number in range(3):
            Person.objects.create(name=f"Parent {number}")

        def child() -> Any:
            for number in range(20):
                Person.objects.create(name=f"Child {number}")
            list(Person.objects.includes("company")[:500])  # threads, too
            return len(asyncio.run(anames()))

        said: list[str] = []
        forked = threading.Thread(target=lambda: said.append(in_a_fork(child)))
        forked.start()
        for number in range(3, 20):
            Person.objects.create(name=f"Parent {number}")
        forked.join()

        assert int(said[0]) >= 23
        assert len(names()) == 40


def test_event_loops_one_after_another(url: str) -> None:
    with connect(url):

        async def work(name: str) -> list[str]:
            await Person.objects.acreate(name=name)
            return await anames()

        for number in range(3):
            assert len(asyncio.run(work(f"Person {number}"))) == number + 1
        loop = asyncio.new_event_loop()
        assert len(loop.run_until_complete(work("Person 3"))) == 4
        loop.close()
        del loop
        gc.collect()
        assert len(names()) == 4
        assert len(asyncio.run(work("Person 4"))) == 5
    gc.collect()


def test_a_queryset_and_a_session_outlive_their_loop(url: str) -> None:
    with connect(url) as connection:
        acme = Company.objects.create(name="Acme")
        for number in range(3):
            Person.objects.create(name=f"Person {number}", company=acme)
        people = Person.objects.all()

        async def some() -> Any:
            async for each in people:
                return each
            return None

        async def rest() -> int:
            return len([each async for each in people])

        with connection.session():
            first = asyncio.run(some())
            assert asyncio.run(rest()) == 3
            first.job_title = "Late"
            asyncio.run(first.asave())
            with pytest.raises(NotLoadedError, match="aload"):
                _ = first.company
            asyncio.run(first.aload("company"))
            assert first.company == acme


def test_a_loop_that_is_closed_over_unfinished_work(url: str) -> None:
    with connect(url):
        for number in range(5):
            Person.objects.create(name=f"Person {number}")

        async def abandoned() -> None:
            async for _ in Person.objects.iterator(page_size=2, read_ahead=2):
                break
            task = asyncio.ensure_future(Person.objects.acount())
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        asyncio.run(abandoned())
        gc.collect()
        assert asyncio.run(anames()) == names()
        assert len(names()) == 5


async def test_a_connection_closed_in_another_loop_than_it_was_used_in(url: str) -> None:
    connection = await aconnect(url)

    def elsewhere() -> None:
        asyncio.run(Person.objects.using(connection).acreate(name="Elsewhere"))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    await asyncio.to_thread(thread.join)
    assert await Person.objects.using(connection).acount() == 1
    await connection.aclose()
    gc.collect()


WRITER = """
    import sys
    from attio_orm import Person, connect

    connect("sandbox:///killed.db")
    ada = Person.objects.get_or_none(name="Ada") or Person.objects.create(name="Ada")
    for number in range(100_000):
        Person.objects.create(name=f"Person {number}", job_title="written")
        ada.job_title = str(number)
        ada.save()
        print(number, flush=True)
"""


def test_what_was_acknowledged_before_kill_9_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for round_ in range(2):
        writer = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WRITER)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
        assert writer.stdout is not None
        acknowledged = -1
        try:
            for line in writer.stdout:
                acknowledged = int(line)
                if acknowledged >= 30 + round_:
                    time.sleep(0.003 * round_)
                    break
        finally:
            os.kill(writer.pid, signal.SIGKILL)
        rest = writer.stdout.read().split("\n")
        acknowledged = max([acknowledged, *(int(line) for line in rest[:-1] if line)])
        writer.stdout.close()
        writer.wait()
        assert acknowledged >= 30

        with connect("sandbox:///killed.db"):
            written = {f"Person {number}" for number in range(acknowledged + 1)}
            there = set(Person.objects.filter(job_title="written").pluck("name"))
            assert written <= {str(each) for each in there}
            ada: Any = Person.objects.get(name="Ada")
            assert int(ada.job_title) >= acknowledged
            ada.job_title = "still writable"
            ada.save()
            for each in Person.objects.filter(job_title="written"):
                assert each.raw["name"], "no record is half written"
            Person.objects.filter(job_title="written").delete(confirm=len(there))
