"""The server's thread: its address, its end, and what it leaves behind."""

from __future__ import annotations

import socket
import threading
from typing import Any

import httpx
import pytest

from attio_sandbox import Workspace
from attio_sandbox.server import AddressError, Server
from tests.sandbox.server.wire import run_program


def threads() -> set[threading.Thread]:
    return {each for each in threading.enumerate() if each.name.startswith("attio-sandbox")}


def test_it_takes_a_free_port_and_gives_it_back(workspace: Workspace) -> None:
    before = threads()  # those of a server that other tests share
    with Server(workspace) as server:
        assert server.url == f"http://127.0.0.1:{server.port}"
        assert httpx.get(f"{server.url}/v2/self").json() == {"active": False}
        with pytest.raises(AddressError, match=f"port {server.port} of 127.0.0.1.*another one"):
            Server(workspace, port=server.port)
        assert threads() - before
    assert threads() <= before
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)
    with Server(workspace, port=server.port) as again:
        assert again.port == server.port


def test_stopping_twice_and_without_a_start(workspace: Workspace) -> None:
    before = threads()
    server = Server(workspace)
    server.stop()
    server.stop()
    running = Server(workspace).start()
    running.stop()
    running.stop()
    assert threads() <= before
    with pytest.raises(httpx.ConnectError):
        httpx.get(running.url)
    assert workspace.count("people") == 0  # the workspace stays open


def test_requests_before_the_start_wait_for_it(workspace: Workspace) -> None:
    server = Server(workspace)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as line:
        line.sendall(b"GET /v2/self HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        with server:
            assert line.recv(100).startswith(b"HTTP/1.1 200 OK")


def test_what_is_in_progress_is_answered_first(workspace: Workspace) -> None:
    answers: list[int] = []
    started = threading.Event()

    def slow(method: str, path: str) -> bool:
        started.set()
        return True

    workspace.faults.fail_next("latency", seconds=0.5, match=slow)
    with Server(workspace) as server:

        def ask() -> None:
            answers.append(httpx.get(f"{server.url}/v2/self").status_code)

        asking = threading.Thread(target=ask)
        asking.start()
        assert started.wait(10)
    asking.join()
    assert answers == [200]


def test_ipv6(workspace: Workspace) -> None:
    if not socket.has_ipv6:
        return
    try:
        server = Server(workspace, host="::1")
    except AddressError:
        return  # this machine has none
    with server:
        assert server.url == f"http://[::1]:{server.port}"
        assert httpx.get(f"{server.url}/v2/self").status_code == 200
        assert httpx.get(server.url).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", ""])
def test_all_addresses(workspace: Workspace, host: str) -> None:
    with Server(workspace, host=host) as server:
        assert httpx.get(f"http://127.0.0.1:{server.port}/v2/self").status_code == 200
        assert server.url == f"http://127.0.0.1:{server.port}"


@pytest.mark.parametrize(
    ("host", "port"),
    [("nowhere.invalid", 0), ("192.0.2.1", 0), ("x" * 300, 0), ("127.0.0.1", 70000)],
)
def test_an_address_that_is_none(workspace: Workspace, host: str, port: int) -> None:
    with pytest.raises(AddressError):
        Server(workspace, host=host, port=port)


def test_a_failing_start_is_raised(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(workspace)

    def explode(*_: Any, **__: Any) -> None:
        raise RuntimeError("no loop today")

    monkeypatch.setattr(server._uvicorn, "run", explode)
    with pytest.raises(RuntimeError, match="no loop today"):
        server.start()
    server.stop()


@pytest.mark.parametrize("name", ["starlette", "uvicorn", "jinja2"])
def test_a_missing_extra_says_what_to_install(name: str) -> None:
    program = f"""
        import sys
        sys.modules[{name!r}] = None
        from attio_orm.cli import main
        from attio_orm.testing import serve
        try:
            with serve():
                pass
        except ImportError as error:
            print(error)
        sys.exit(main(["sandbox", "--port", "0"]))
    """
    done = run_program(program)
    assert done.returncode == 1
    for said in (done.stdout, done.stderr):
        assert 'pip install "attio-orm[server]"' in said
        assert name in said


def test_nothing_of_it_is_loaded_before_it_is_used() -> None:
    program = """
        import sys, attio_orm, attio_orm.testing, attio_orm.cli
        with attio_orm.connect("sandbox://"):
            pass
        print([name for name in ("starlette", "uvicorn", "jinja2") if name in sys.modules])
    """
    done = run_program(program)
    assert (done.stdout, done.stderr) == ("[]\n", "")
