"""What every test shares: no network, no settings of the person who runs it, no silent skips."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from attio_orm.models.registry import registry
from tests.colours import COLOURS, Colour
from tests.offline import stay_on_this_machine
from tests.over_http import Carrier, ways

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

# With ATTIO_ORM_NO_SKIPS set (.ci/run does), a skipped test is a failed one. Two reasons remain:
# a newer Python, and a file of ../shared on a machine that has no such folder.
_NO_SKIPS = bool(os.environ.get("ATTIO_ORM_NO_SKIPS"))


# A busy machine is no failure. Where CI is set, hypothesis loads a profile of its own.
settings.register_profile("unhurried", deadline=None)
if not os.environ.get("CI"):
    settings.load_profile("unhurried")


# One Python is enough for these; `-m "not once"` leaves them out. They are heavy, or about programs
# beside Python, or about what is the same on each.
ONCE = (
    "clients/",
    "docs/",
    "examples/",
    "sandbox/server/test_browser.py",
    "sandbox/server/test_durability.py",
    "sandbox/test_activities_seed.py",
    "sandbox/test_filters_brute_force.py",
    "sandbox/test_schemathesis.py",
    "sandbox/test_seed.py",
    "sandbox/test_specification.py",
    "sandbox/test_walks.py",
    "test_benchmarks.py",
    "test_project.py",
    "test_session_stress.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.relative_to(ROOT / "tests").as_posix().startswith(ONCE):
            item.add_marker("once")


def pytest_configure() -> None:
    for name in ("ATTIO_API_KEY", "ATTIO_BASE_URL"):
        os.environ.pop(name, None)
    stay_on_this_machine()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--over-http",
        action="store_true",
        help="let every sandbox:// connection of a test go over HTTP to a served workspace",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    over_http = metafunc.config.getoption("--over-http")
    found = ways(metafunc.definition.path, over_http=over_http)
    if found != ["process"] and "sandbox_way" in metafunc.fixturenames:
        metafunc.parametrize("sandbox_way", found, indirect=True)


def may_be_skipped(reason: str) -> bool:
    """Whether a skip for ``reason`` is all right where no test may be missed."""
    return "Python 3." in reason or ("../shared" in reason and not SHARED.exists())


def _refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not (_NO_SKIPS and report.skipped) or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if not may_be_skipped(reason):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, and no test may be here: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _refuse_skip(report)
    return report


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's own folder."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the project; the test is skipped where there is none."""
    if not SHARED.exists():
        pytest.skip("../shared is not on this machine")
    return SHARED


@pytest.fixture(params=COLOURS, ids=lambda colour: colour.name)
def colour(request: pytest.FixtureRequest) -> Colour:
    """Sync, then async: one test for a method and its ``a``-twin."""
    found: Colour = request.param
    return found


def _seen_by(module: Any) -> list[Any]:
    """The shipped models, and those that the module declares or imports."""
    return [
        ref
        for ref in registry._models
        if (model := ref()) is not None
        and (
            model._shipped
            or model.__module__ == module.__name__
            or any(each is model for each in vars(module).values())
        )
    ]


@pytest.fixture(scope="module", autouse=True)
def own_models(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hide the models of other test modules, also from what a module sets up once."""
    before = registry._models
    registry._models = _seen_by(request.module)
    try:
        yield
    finally:
        registry._models = before


@pytest.fixture(autouse=True)
def clean_registry(request: pytest.FixtureRequest, own_models: None) -> Iterator[None]:
    """Let a test see the shipped models and those of its own module, and leave none behind."""
    before = registry._models
    registry._models = _seen_by(request.module)
    try:
        yield
    finally:
        registry._models = before


@pytest.fixture(scope="session")
def carrier() -> Iterator[Carrier]:
    carrier = Carrier()
    yield carrier
    carrier.stop()


@pytest.fixture(autouse=True)
def sandbox_way(
    request: pytest.FixtureRequest, carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> str:
    """How ``connect("sandbox://")`` reaches its workspace: in this process, or over HTTP."""
    way: str = getattr(request, "param", "process")
    if way == "http":
        monkeypatch.setattr("attio_orm.embedded.open_sandbox", carrier.open)
    return way


@pytest.fixture
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let retries follow at once."""
    monkeypatch.setattr("random.uniform", lambda low, high: low)
