"""The registry has every resource, and no two of them want the same."""

from __future__ import annotations

import pkgutil
import re
from collections import Counter
from importlib import import_module

from attio_sandbox import resources
from attio_sandbox.resources.registry import FOREIGN_KEYS, RESOURCES, TABLES


def test_every_folder_is_registered() -> None:
    names = {found.name for found in pkgutil.iter_modules(resources.__path__)} - {"registry"}
    there = [import_module(f"{resources.__name__}.{name}").RESOURCE for name in sorted(names)]
    assert len(there) == len(RESOURCES)
    assert all(any(one is registered for registered in RESOURCES) for one in there)


def test_no_route_and_no_table_is_there_twice() -> None:
    routes = Counter((route.method, route.path) for each in RESOURCES for route in each.routes)
    tables = Counter(re.findall(r"CREATE (?:\w+ )?(?:TABLE|INDEX) (\w+)", TABLES))
    assert {name for name, count in (routes + tables).items() if count > 1} == set()


def test_foreign_keys_name_tables_that_are_there() -> None:
    tables = set(re.findall(r"CREATE TABLE (\w+)", TABLES))
    assert {key.table for key in FOREIGN_KEYS} <= tables
