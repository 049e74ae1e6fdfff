"""Workspaces of many people, with companies, options and a list, for the sandbox's benchmarks."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from attio_sandbox import Workspace
from tests.benchmarks.measuring import forked

STAGES = ("New", "Contacted", "Meeting", "Offer", "Customer")
TITLES = ("Engineer", "Designer", "Founder", "Investor", "Advisor")
FIRST_NAMES = ("Ada", "Grace", "Edsger", "Barbara", "Donald", "Frances", "Tony", "Radia")
COLLEAGUES = 20  # so many people are of one company and one e-mail domain
MOMENTS = 1_000  # people are made at so many moments, or a hundred at each
IN_LIST = 10  # one in so many is in the list
PART = 50_000  # so many are loaded in one transaction


def person(number: int, people: int) -> dict[str, Any]:
    """The input values of one person; no two share a last name."""
    first = FIRST_NAMES[number % len(FIRST_NAMES)]
    host = f"host{number // COLLEAGUES}.example.com"
    return {
        "name": f"Doe{number * 7919 % people:07d}, {first}",
        "email_addresses": [f"{first.lower()}.{number}@{host}"],
        "job_title": f"{TITLES[number % len(TITLES)]} {number % 97}",
        "phone_numbers": [f"+1415{2_000_000 + number}"],
        "pipeline": STAGES[number // 7 % len(STAGES)],
    }


def define(workspace: Workspace) -> None:
    """Give people an attribute with options, and make a list of them with stages."""
    workspace.define_attribute("people", api_slug="pipeline", type="select", options=STAGES)
    workspace.define_list("hiring", "Hiring", "people")
    workspace.define_attribute(
        "hiring", target="lists", api_slug="stage", type="status", statuses=STAGES
    )


def fill(path: str | None, people: int) -> Workspace:
    """Make a workspace of so many people, a company for every 20, a tenth of them in a list."""
    workspace = Workspace(path)
    define(workspace)
    for start in range(0, people, PART):
        _fill_part(workspace, range(start, min(start + PART, people)), people)
    return workspace


def _fill_part(workspace: Workspace, numbers: range, people: int) -> None:
    hosts = range(numbers.start // COLLEAGUES, -(-numbers.stop // COLLEAGUES))
    companies = workspace.load(
        "companies",
        [{"name": f"Host {host}", "domains": [f"host{host}.example.com"]} for host in hosts],
    )
    keys: list[str] = []
    at_once = max(100, people // MOMENTS)
    for start in range(numbers.start, numbers.stop, at_once):
        workspace.clock.move(1)
        rows = [
            {
                **person(number, people),
                "company": {
                    "target_object": "companies",
                    "target_record_id": companies[number // COLLEAGUES - hosts.start],
                },
            }
            for number in range(start, min(start + at_once, numbers.stop))
        ]
        keys += workspace.load("people", rows)
    workspace.load_entries(
        "hiring",
        [(key, {"stage": STAGES[at % len(STAGES)]}) for at, key in enumerate(keys[::IN_LIST])],
    )


@contextmanager
def crowds(sizes: tuple[int, ...]) -> Generator[dict[int, str]]:
    """Files with workspaces of these sizes, each made in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {size: os.path.join(folder, f"{size}.db") for size in sizes}
        for size, path in paths.items():

            def make(path: str = path, size: int = size) -> None:
                fill(path, size).close()

            forked(make)
        yield paths
