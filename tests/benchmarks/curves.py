"""The sandbox's queries as tables grow: a page costs what the page is, where an index can serve."""

from __future__ import annotations

import gc
import math
import statistics
import time
from typing import Any

import msgspec

from attio_sandbox import Workspace
from tests.benchmarks.crowds import COLLEAGUES, crowds
from tests.benchmarks.measuring import Result, forked

PAGE = 50
WORST = 4.0  # a page that an index serves may take so many times as long in the largest table
_PEOPLE = "/v2/objects/people/records/query"
_ENTRIES = "/v2/lists/hiring/entries/query"
_BY_TIME = [{"attribute": "created_at", "direction": "asc"}]
_TIES = [*_BY_TIME, {"attribute": "record_id", "direction": "asc"}]
_COMPANY = [["people", "company"], ["companies", "name"]]


def _by(attribute: str, **more: str) -> list[dict[str, str]]:
    """What the client sends to page in an order that has ties."""
    return [{"attribute": attribute, "direction": "asc", **more}, *_TIES]


def queries(people: int, middle: dict[str, Any], some: list[str]) -> dict[str, tuple[str, Any]]:
    """The path and body of each kind, for a workspace of so many people.

    `middle` is a record of the middle of the table, `some` are ids of records all over it.
    """
    host = f"host{people // 2 // COLLEAGUES}"
    number = f"{people // 2 * 7919 % people:07d}"
    since = middle["created_at"]
    return {
        "page by created_at": (_PEOPLE, {"sorts": _TIES}),
        "keyset by created_at": (
            _PEOPLE,
            {"filter": {"created_at": {"$gte": since}}, "sorts": _BY_TIME},
        ),
        "one e-mail address": (
            _PEOPLE,
            {"filter": {"email_addresses": middle["email"]}, "limit": 1},
        ),
        "e-mail domain": (
            _PEOPLE,
            {"filter": {"email_addresses": {"email_domain": f"{host}.example.com"}}},
        ),
        "500 record ids": (_PEOPLE, {"filter": {"record_id": {"$in": some}}, "limit": 500}),
        "company by path": (
            _PEOPLE,
            {"filter": {"path": _COMPANY, "constraints": {"value": f"Host {host[4:]}"}}},
        ),
        "last name starts": (
            _PEOPLE,
            {
                "filter": {"name": {"last_name": {"$starts_with": f"doe{number[:6]}"}}},
                "sorts": _by("name", field="last_name"),
            },
        ),
        "first name, by time": (
            _PEOPLE,
            {"filter": {"name": {"first_name": "Radia"}}, "sorts": _BY_TIME},
        ),
        "option, by time": (_PEOPLE, {"filter": {"pipeline": "Offer"}, "sorts": _BY_TIME}),
        "option, by text": (_PEOPLE, {"filter": {"pipeline": "Offer"}, "sorts": _by("name")}),
        "option, by part of text": (
            _PEOPLE,
            {"filter": {"pipeline": "Offer"}, "sorts": _by("name", field="last_name")},
        ),
        "entries of a stage": (_ENTRIES, {"filter": {"stage": "Meeting"}, "sorts": _BY_TIME}),
        "text contains, by text": (
            _PEOPLE,
            {"filter": {"job_title": {"$contains": "founder"}}, "sorts": _by("name")},
        ),
        "text contains, few": (_PEOPLE, {"filter": {"name": {"$contains": f"doe{number}"}}}),
        "by an option": (_PEOPLE, {"sorts": _by("pipeline")}),
        "middle by offset": (_PEOPLE, {"sorts": _by("name"), "offset": people // 2}),
    }


SCANS = {
    "text contains, few": "looks at every name",
    "by an option": "sorts all of one option",
    "middle by offset": "skips half of the index",
}
"""The kinds that no index can serve, and why."""


def curve(
    *, sizes: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000), rounds: int = 5
) -> Result:
    """A page of each kind of query, of tables of several sizes."""
    result = Result(
        "curve",
        f"A filtered and sorted page of {PAGE} records from the sandbox, to its last byte",
        "ms of processor time",
    )
    with crowds(sizes) as paths:
        taken: dict[int, dict[str, tuple[float, int]]] = {}
        for size in sizes:

            def work(size: int = size) -> dict[str, tuple[float, int]]:
                return _measure(paths[size], size, rounds)

            taken[size] = forked(work)
    for kind in taken[sizes[0]]:
        for size in sizes:
            took, found = taken[size][kind]
            result.add(f"{kind}, {size:,}", took, f"{found} records")
            result.require(f"{kind} found {found} of {size:,}", found > 0)
        if kind not in SCANS:
            last, before = sizes[-1], sizes[-2]
            result.compare(f"{kind}, {last:,}", f"{kind}, {before:,}", WORST)
    lines = {kind: [taken[size][kind][0] for size in sizes] for kind in taken[sizes[0]]}
    result.drawing = f"{tabulate(lines, sizes)}\n\n```text\n{draw(gathered(lines), sizes)}\n```"
    return result


def _measure(path: str, people: int, rounds: int) -> dict[str, tuple[float, int]]:
    workspace = Workspace(path)
    headers = {"authorization": f"Bearer {workspace.token}"}

    def ask(path: str, body: Any) -> bytes:
        sent = msgspec.json.encode({"limit": PAGE, **body})
        reply = workspace.handle("POST", path, headers=headers, body=sent)
        assert reply.status == 200, reply.body
        return reply.body

    def page(**body: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = msgspec.json.decode(ask(_PEOPLE, body))["data"]
        return found

    middle = page(sorts=_TIES, offset=people // 2, limit=1)[0]
    middle["email"] = middle["values"]["email_addresses"][0]["email_address"]
    some = [
        each["id"]["record_id"]
        for tenth in range(10)
        for each in page(sorts=_TIES, offset=people * tenth // 10, limit=min(50, people // 10))
    ]
    taken: dict[str, tuple[float, int]] = {}
    for kind, (url, body) in queries(people, middle, some).items():
        found = len(msgspec.json.decode(ask(url, body))["data"])
        times: list[float] = []
        for _ in range(rounds):
            gc.collect()
            begun = time.process_time()
            ask(url, body)
            times.append((time.process_time() - begun) * 1e3)
            workspace.requests.clear()
        taken[kind] = (statistics.median(times), found)
    workspace.close()
    return taken


def tabulate(lines: dict[str, list[float]], sizes: tuple[int, ...]) -> str:
    """The milliseconds of each kind at each size."""
    rows = [
        f"| query, people in the table | {' | '.join(f'{size:,}' for size in sizes)} | |",
        f"| --- |{' --- |' * (len(sizes) + 1)}",
    ]
    for kind, values in lines.items():
        cells = " | ".join(f"{value:.3g}" for value in values)
        rows.append(f"| {kind} | {cells} | {SCANS.get(kind, '')} |")
    return "\n".join(rows)


def gathered(lines: dict[str, list[float]]) -> dict[str, list[float]]:
    """The kinds that an index serves as one, by their median, beside the others."""
    served = [values for kind, values in lines.items() if kind not in SCANS]
    medians = [statistics.median(values) for values in zip(*served, strict=True)]
    scans = {kind: values for kind, values in lines.items() if kind in SCANS}
    return {f"median of {len(served)} others": medians, **scans}


def draw(lines: dict[str, list[float]], sizes: tuple[int, ...]) -> str:
    """A chart in text: a bar for each size, as long as the logarithm of the milliseconds."""
    every = [value for values in lines.values() for value in values]
    least, most = min(every), max(every)
    scale = 40 / max(1.0, math.log10(most / least))
    rows: list[str] = []
    for kind, values in lines.items():
        for at, (size, value) in enumerate(zip(sizes, values, strict=True)):
            bar = "#" * (1 + round(math.log10(value / least) * scale))
            rows.append(f"{'' if at else kind:24}{size:>10,} {bar} {value:.3g}")
    return "\n".join(rows)
