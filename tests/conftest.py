"""What every test shares: no network, no settings of the person who runs it, no silent skips."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from attio_orm import Company, Connection, Person
from attio_orm.models.registry import registry
from attio_orm.records.base import mapper_of
from attio_orm.testing import SandboxHandle
from attio_sandbox import Workspace
from attio_sandbox.requests import Settings
from tests.colours import COLOURS, DRIVES, Colour, Drive
from tests.offline import stay_on_this_machine
from tests.over_http import Carrier, ways
from tests.redis_server import RedisServer, need_redis
from tests.seeds import copied
from tests.transport.server import Server

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
    "bad_input/test_broken_answers.py",
    "bad_input/test_endless.py",
    "campaign/",
    "clients/",
    "docs/",
    "examples/",
    "sandbox/filters/",
    "sandbox/recorded/",
    "sandbox/resources/",
    "sandbox/server/test_browser.py",
    "sandbox/server/test_durability.py",
    "sandbox/test_bootstrap.py",
    "sandbox/test_images.py",
    "sandbox/test_schemathesis.py",
    "sandbox/test_seeding.py",
    "sandbox/test_specification.py",
    "test_benchmarks.py",
    "test_project.py",
    "connection/test_session_stress.py",
    "transport/test_deadlines.py",
    "writes/test_settling.py",
    "writes/test_traces.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.relative_to(ROOT / "tests").as_posix().startswith(ONCE):
            item.add_marker("once")


def pytest_configure() -> None:
    for name in ("ATTIO_API_KEY", "ATTIO_BASE_URL", "ATTIO_SANDBOX_TOKEN"):
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


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis for the tests of a module; they are skipped if none is installed."""
    need_redis()
    found = RedisServer(tmp_path_factory.mktemp("redis"))
    yield found
    found.stop()


@pytest.fixture(params=COLOURS, ids=lambda colour: colour.name)
def colour(request: pytest.FixtureRequest) -> Colour:
    """Sync, then async: one test for a method and its ``a``-twin."""
    found: Colour = request.param
    return found


@pytest.fixture(params=DRIVES)
def drive(request: pytest.FixtureRequest) -> Drive:
    """``run``, then the same through ``arun``: one test of an operation for both."""
    return DRIVES[request.param]


def _seen_by(module: Any) -> list[Any]:
    """The shipped models, and those that the module declares or imports."""
    return [
        ref
        for ref in registry.models
        if (model := ref()) is not None
        and (
            mapper_of(model).shipped
            or model.__module__ == module.__name__
            or any(each is model for each in vars(module).values())
        )
    ]


@pytest.fixture(scope="module", autouse=True)
def own_models(request: pytest.FixtureRequest) -> Iterator[None]:
    """Hide the models of other test modules, also from what a module sets up once."""
    before = registry.models
    registry.models = _seen_by(request.module)
    try:
        yield
    finally:
        registry.models = before


@pytest.fixture(autouse=True)
def clean_registry(request: pytest.FixtureRequest, own_models: None) -> Iterator[None]:
    """Let a test see the shipped models and those of its own module, and leave none behind."""
    before = registry.models
    registry.models = _seen_by(request.module)
    try:
        yield
    finally:
        registry.models = before


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
        monkeypatch.setattr("attio_orm.testing.handle.open_sandbox", carrier.open)
    return way


# No test of queries and relations may depend on an order but the one that it asks for.
SHUFFLED = (
    "bad_input/test_depth.py",
    "models/test_pages.py",
    "models/test_query_methods.py",
    "models/test_queryset.py",
    "models/test_streaming.py",
    "query/",
    "records/test_back_references.py",
    "records/test_deferred_loading.py",
    "records/test_empty_relations.py",
    "records/test_lazy_load_warnings.py",
    "records/test_relation_paths.py",
    "records/test_relations.py",
)


@pytest.fixture(autouse=True)
def ties(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shuffle the ties of every sandbox, as ``shuffle_ties()`` does, where ``SHUFFLED`` says so."""
    if request.path.relative_to(ROOT / "tests").as_posix().startswith(SHUFFLED):
        always = Settings(shuffle_ties=True)
        monkeypatch.setattr(Settings, "tie_breaker", lambda settings: _tie_breaker(always))


_tie_breaker = Settings.tie_breaker


@pytest.fixture
def no_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let retries follow at once."""
    monkeypatch.setattr("random.uniform", lambda low, high: low)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """An HTTP server that misbehaves on request, and is reached without the machine's proxies."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with Server() as server:
        yield server


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    """A fresh workspace in memory, without a connection."""
    workspace = Workspace()
    yield workspace
    workspace.close()


@pytest.fixture
def connection(attio_sandbox: SandboxHandle) -> Connection:
    """The connection of a fresh workspace."""
    return attio_sandbox.connection


@pytest.fixture
def twenty(attio_sandbox: SandboxHandle) -> list[str]:
    """The ids of 20 people, named and titled by their places."""
    rows = [{"name": f"Person, {n:02d}", "job_title": str(n)} for n in range(20)]
    return attio_sandbox.workspace.load("people", rows)


@pytest.fixture
def ada(attio_sandbox: SandboxHandle) -> Person:
    """Ada Byron of Acme, just created in a fresh workspace; the requests for it are forgotten."""
    made = Person.objects.create(
        name="Byron, Ada",
        email_addresses=["ada@acme.com", "ada@lovelace.dev"],
        phone_numbers=["+12025550147"],
        job_title="Countess",
        description="First",
        company=Company.objects.create(name="Acme", domains=["acme.com"]),
    )
    attio_sandbox.requests.clear()
    return made


# -- workspaces that are seeded once, and copied for each test that takes one ----------------------


@pytest.fixture(scope="session")
def seeded_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("seeded") / "crm.db"
    Workspace(path, seed="crm").close()
    return path


@pytest.fixture(scope="session")
def line_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    path = tmp_path_factory.mktemp("line") / "line.db"
    workspace = Workspace(path)
    workspace.clock.freeze()
    ids: list[str] = []
    for n in range(1201):
        workspace.clock.move(0.001)
        row = {"name": f"Person, {n:04d}", "job_title": "VP" if n % 3 else "CEO"}
        ids += workspace.load("people", [row])
    workspace.close()
    return path, ids


@pytest.fixture
def people(line_file: tuple[Path, list[str]], tmp_path: Path) -> Iterator[list[str]]:
    """1,201 people, each made a millisecond after the one before, and named by their places."""
    source, ids = line_file
    with copied(source, tmp_path):
        yield ids


@pytest.fixture
def crm(seeded_file: Path, tmp_path: Path) -> Iterator[SandboxHandle]:
    """A fresh connected workspace with 3,000 people, 800 companies and 1,500 deals."""
    with copied(seeded_file, tmp_path) as handle:
        yield handle
