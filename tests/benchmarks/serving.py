"""Benchmark: requests a second of the served sandbox beside moto's server, and calls in process.

Both are Python servers in a process of their own, kept in memory, and asked the same by plain HTTP
clients: make a record of six values, read it, change one value, find it among others by its e-mail
address, delete it. moto's records are items of a DynamoDB table.
"""

from __future__ import annotations

import json
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection
from typing import Any

from attio_sandbox import Workspace
from tests.benchmarks.measuring import Result, interleaved

TOKEN = "benchmark"
STEPS = 5
PEOPLE = "/v2/objects/people/records"
Ask = Callable[[str, str, Any], Any]
"""Method, path and JSON (for moto the operation and its JSON), to the decoded answer."""


def serving(records: int = 1_000, cycles: int = 200, clients: int = 8, rounds: int = 5) -> Result:
    """CRUD by one client, by several at once, and without HTTP; ``records`` are there before."""
    result = Result(
        "serving",
        f"Make, read, change, find and delete a record, among {records:,}, in milliseconds a "
        f"request; {clients} clients share the work where there are several",
        "ms a request",
    )
    with ExitStack() as stack:
        port = stack.enter_context(sandbox())
        workspace = Workspace(token=TOKEN)
        stack.callback(workspace.close)
        fill_sandbox(sandbox_client(port), records)
        fill_sandbox(direct(workspace), records)
        waits: dict[str, list[float]] = {"sandbox over HTTP": [], "moto's server": []}
        cases: dict[str, Callable[[], Any]] = {
            "sandbox over HTTP": lambda: crud(sandbox_client(port), "one", cycles),
            f"sandbox over HTTP, {clients} clients": lambda: side_by_side(
                lambda name: crud(
                    timed(sandbox_client(port), waits["sandbox over HTTP"]), name, cycles // clients
                ),
                clients,
            ),
            "sandbox in process": lambda: crud(direct(workspace), "one", cycles),
        }
        # A server that does not start in time is left out.
        with suppress(TimeoutError):
            peer = stack.enter_context(moto())
            fill_moto(moto_client(peer), records)
            cases["moto's server"] = lambda: crud_moto(moto_client(peer), "one", cycles)
            cases[f"moto's server, {clients} clients"] = lambda: side_by_side(
                lambda name: crud_moto(
                    timed(moto_client(peer), waits["moto's server"]), name, cycles // clients
                ),
                clients,
            )
        taken = interleaved(cases, rounds, units=cycles * STEPS)
        for name, seconds in taken.items():
            result.add(name, seconds * 1000, f"{1 / seconds:,.0f} a second")
        for name in ("", f", {clients} clients"):
            result.compare(f"sandbox over HTTP{name}", f"moto's server{name}", 1.0)
        for name, each in waits.items():
            if each:
                slowest = statistics.quantiles(each, n=100)[-1]
                result.add(f"{name}, p99 of {clients} clients", slowest * 1000)
        found = workspace.count("people")
    result.require("every record that was made was deleted again", found == records)
    return result


def timed(ask: Ask, waits: list[float]) -> Ask:
    """The same client, which notes the seconds that each answer took."""

    def wait(method: str, path: str, body: Any) -> Any:
        begun = time.perf_counter()
        answer = ask(method, path, body)
        waits.append(time.perf_counter() - begun)  # one step, for threads
        return answer

    return wait


def side_by_side(work: Callable[[str], None], count: int) -> None:
    """Do the work in threads; the first failure is raised."""
    failures: list[BaseException] = []

    def run(name: str) -> None:
        try:
            work(name)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(f"client{n}",)) for n in range(count)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if failures:
        raise failures[0]


# -- the sandbox -----------------------------------------------------------------------------------


@contextmanager
def sandbox() -> Generator[int]:
    """The command in a process of its own; gives its port."""
    command = [sys.executable, "-m", "attio_orm", "sandbox", "--port", "0", "--token", TOKEN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            found = re.search(r":(\d+) ", process.stdout.readline())
            assert found is not None
            yield int(found[1])
        finally:
            process.terminate()


def sandbox_client(port: int) -> Ask:
    """A client with one connection."""
    connection = HTTPConnection("127.0.0.1", port)
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}

    def ask(method: str, path: str, body: Any) -> Any:
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, headers)
        answer = connection.getresponse()
        raw = answer.read()
        assert answer.status == 200, raw
        return json.loads(raw)

    return ask


def direct(workspace: Workspace) -> Ask:
    """The same without HTTP."""
    headers = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}

    def ask(method: str, path: str, body: Any) -> Any:
        content = b"" if body is None else json.dumps(body).encode()
        reply = workspace.handle(method, path, headers=headers, body=content)
        assert reply.status == 200, reply.body
        return json.loads(reply.body)

    return ask


def person(name: str) -> dict[str, Any]:
    """Six values of a person."""
    return {
        "name": f"Person, {name}",
        "email_addresses": [f"{name}@example.com"],
        "job_title": "Engineer",
        "description": "Ships pumps",
        "phone_numbers": ["+442079460018"],
        "linkedin": f"https://linkedin.com/in/{name}",
    }


def fill_sandbox(ask: Ask, records: int) -> None:
    """What is there before."""
    for number in range(records):
        ask("POST", PEOPLE, {"data": {"values": person(f"before{number}")}})


def crud(ask: Ask, client: str, cycles: int) -> None:
    """Five requests a cycle."""
    for number in range(cycles):
        name = f"{client}.{number}"
        made = ask("POST", PEOPLE, {"data": {"values": person(name)}})
        path = f"{PEOPLE}/{made['data']['id']['record_id']}"
        ask("GET", path, None)
        ask("PATCH", path, {"data": {"values": {"job_title": "Manager"}}})
        wanted = {"email_addresses": {"email_address": {"$eq": f"{name}@example.com"}}}
        found = ask("POST", f"{PEOPLE}/query", {"filter": wanted, "limit": 10})["data"]
        assert found[0]["values"]["job_title"][0]["value"] == "Manager"
        ask("DELETE", path, None)


# -- moto ------------------------------------------------------------------------------------------


@contextmanager
def moto() -> Generator[int]:
    """moto's server in a process of its own; gives its port.

    Raises TimeoutError where it does not start.
    """
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    program = f"from moto.server import main; main(['-H', '127.0.0.1', '-p', '{port}'])"
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    with process:
        try:
            for _ in range(600):
                with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                if process.poll() is not None:  # it is not installed
                    raise TimeoutError("moto's server does not start.")
                time.sleep(0.05)
            else:
                raise TimeoutError("moto's server does not start.")
            yield port
        finally:
            process.terminate()


def moto_client(port: int) -> Ask:
    """A client of its DynamoDB; the method is not used."""
    connection = HTTPConnection("127.0.0.1", port)
    scope = "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/dynamodb/aws4_request"

    def ask(method: str, path: str, body: Any) -> Any:
        headers = {
            "authorization": f"{scope}, SignedHeaders=host, Signature=none",
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"DynamoDB_20120810.{path}",
        }
        connection.request("POST", "/", json.dumps(body), headers)
        answer = connection.getresponse()
        raw = answer.read()
        assert answer.status == 200, raw
        return json.loads(raw)

    return ask


def item(name: str) -> dict[str, Any]:
    """The same six values; the e-mail address is the key."""
    values = {**person(name), "email": f"{name}@example.com"}
    del values["email_addresses"]
    return {
        key: {"S": value} if isinstance(value, str) else {"L": [{"S": value[0]}]}
        for key, value in values.items()
    }


def fill_moto(ask: Ask, records: int) -> None:
    """A table with the e-mail address as its key, and what is there before.

    A second index would be nearer to the sandbox, but moto answers 500 where several clients use
    one at once.
    """
    ask(
        "POST",
        "CreateTable",
        {
            "TableName": "people",
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "email", "AttributeType": "S"}],
        },
    )
    for number in range(records):
        ask("POST", "PutItem", {"TableName": "people", "Item": item(f"before{number}")})


def crud_moto(ask: Ask, client: str, cycles: int) -> None:
    """The same five requests a cycle."""
    for number in range(cycles):
        name = f"{client}.{number}"
        key = {"TableName": "people", "Key": {"email": {"S": f"{name}@example.com"}}}
        ask("POST", "PutItem", {"TableName": "people", "Item": item(name)})
        ask("POST", "GetItem", key)
        change = {
            "UpdateExpression": "SET job_title = :new",
            "ExpressionAttributeValues": {":new": {"S": "Manager"}},
            "ReturnValues": "ALL_NEW",
        }
        ask("POST", "UpdateItem", {**key, **change})
        wanted = {
            "TableName": "people",
            "KeyConditionExpression": "email = :email",
            "ExpressionAttributeValues": {":email": {"S": f"{name}@example.com"}},
            "Limit": 10,
        }
        found = ask("POST", "Query", wanted)["Items"]
        assert found[0]["job_title"]["S"] == "Manager"
        ask("POST", "DeleteItem", key)
