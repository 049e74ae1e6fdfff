"""The tour, taken once, and read like a person would: what it shows has to be so."""

from __future__ import annotations

import ast
import inspect
import io
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from attio_orm import Connection, signals
from attio_orm.cli import steps
from attio_orm.cli import tour as tour_module
from attio_orm.cli.terminal import columns
from attio_orm.cli.tour import NEXT, Sent, Watch, counted, grouped, guide, pages, read_step
from attio_orm.connection import current
from attio_sandbox import bootstrap

ALL = (steps.look_around, *steps.STEPS)
COLOUR = re.compile(r"\x1b\[[\d;]*m")
TIME = re.compile(r"\d+ ms|[\d.]+ s\b")


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="module")
def tour() -> tuple[str, Watch]:
    """What the tour shows, and the requests that were made while it ran."""
    bootstrap.prepare()  # or it would tell that it has to, the first time only
    shown = io.StringIO()
    with Watch() as watch:
        guide(shown)
    return shown.getvalue(), watch


@pytest.fixture
def text(tour: tuple[str, Watch]) -> str:
    """What the tour shows."""
    return tour[0]


def section(text: str, number: int) -> str:
    return text.split(f"\n{number}. ")[1].split(f"\n{number + 1}. ")[0]


def test_no_line_is_wider_than_a_terminal(text: str) -> None:
    steps, _ = text.split("\nWhat next\n")
    assert [line for line in steps.splitlines() if columns(line) > 80] == []


def test_code_that_is_shown_is_the_code_that_runs(text: str) -> None:
    for number, step in enumerate(ALL, 1):
        _, _, code = read_step(step)
        assert textwrap.indent(code, "    ") in section(text, number)
        (function,) = ast.parse(textwrap.dedent(inspect.getsource(step))).body
        assert isinstance(function, ast.FunctionDef)
        body = [each for each in function.body[1:] if not isinstance(each, ast.Return)]
        assert ast.dump(ast.Module(body, [])) == ast.dump(ast.parse(code))


def test_requests_that_are_shown_are_those_that_were_made(tour: tuple[str, Watch]) -> None:
    text, watch = tour
    assert f"  {len(watch.sent)} requests in " in text
    each = [int(found) for found in re.findall(r"→ (\d+) requests? in", text)]
    assert len(each) == len(ALL)
    assert sum(each) == len(watch.sent)
    lines = re.findall(r"^    (?:(\d+) x )?(?:GET|POST|PATCH|PUT|DELETE) /v2/", text, re.MULTILINE)
    assert sum(int(times or 1) for times in lines) == len(watch.sent)


@pytest.mark.parametrize(
    ("number", "requests"), [(1, 4), (2, 3), (3, 2), (4, 2), (5, 3), (6, 6), (7, 3 + 199), (8, 6)]
)
def test_each_step_takes_few_requests(text: str, number: int, requests: int) -> None:
    assert f"→ {requests} requests in" in section(text, number)


@pytest.mark.parametrize(
    ("number", "lines"),
    [
        (1, ["People have 30 attributes:", "name (personal-name), email_addresses (email-add"]),
        (2, ["Donald Patel, VP Engineering. Deals: none"]),
        (3, ["500 people work at "]),
        (4, ["Change(old='Mathematician', new='Countess')", '"values": {"job_title": "Countess"}']),
        (5, ["Ring the bell: ", '{"values": {"stage": "Won 🎉"}}']),
        (6, [" USD from ", '{"data": {"values": {"company": {"target_object": "companies",']),
        (7, ["<BulkReport: 199 created, 1 failed, 0 unknown", "Engine 13: budget: 'a fortune'"]),
        (
            8,
            [
                "ValidationError: stage: 'Won' is not one of the options",
                "Did you mean 'value'?",
                "UniquenessConflictError: ",
                "It is the address of <Person ",
                "Still to be saved: [EmailAddress('ada@lovelace.dev'),",
                "PATCH /v2/objects/people/records/afe0d38a…  400",
            ],
        ),
    ],
)  # fmt: skip
def test_each_step_shows_what_it_promises(text: str, number: int, lines: list[str]) -> None:
    for line in lines:
        assert line in section(text, number)


def test_ends_with_what_to_do_next(text: str) -> None:
    after = text.split("\nWhat next\n")[1]
    for hint in ("sandbox://?seed=crm", "ATTIO_API_KEY", "attio_sandbox", "Read on"):
        assert hint in after
    for _, pasted in NEXT:
        assert f"\n    {pasted}\n" in after  # unbroken, however long it is


def test_reading_on_names_what_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert pages(tmp_path).endswith("-m pydoc attio_orm.Model, and attio_orm.QuerySet")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "tutorial.md").touch()
    assert str(tmp_path / "docs" / "tutorial.md") in pages(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert pages(tmp_path) == f"{Path('docs', 'tutorial.md')} and examples"


def test_leaves_no_connection_behind(text: str) -> None:
    assert current.current_or_none() is None


def test_colour_changes_nothing_but_the_colour(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    screen = Screen()
    guide(screen)
    shown = screen.getvalue()
    assert "\x1b[" in shown

    def still(lines: str) -> list[str]:
        return sorted(TIME.sub("", COLOUR.sub("", lines)).split())

    assert still(shown) == still(text)


def test_works_where_the_terminal_knows_no_unicode(text: str) -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="ascii")
    guide(stream)
    stream.flush()
    shown = written.getvalue().decode("ascii")
    assert r'deal.stage = "Won \U0001f389"' in shown
    assert "Daithi Novak" in shown
    assert all(columns(line) <= 80 + 2 * len(r"\U0001f389") for line in shown.splitlines())


def test_step_that_fails_says_why_and_closes_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Connection] = []

    def broken(crm: Connection) -> None:
        """Break.

        As it says.
        """
        seen.append(crm)
        raise RuntimeError("broken")

    monkeypatch.setattr(steps, "STEPS", (broken,))
    with pytest.raises(RuntimeError, match="broken"):
        guide(io.StringIO())
    assert "closed" in repr(seen[0])
    assert current.current_or_none() is None


def test_read_step_tells_title_prose_and_code_apart() -> None:
    def step() -> int:
        """Do it.

        It is done
        like this.
        """

        @staticmethod
        def helper() -> int:
            return 1  # stays

        number = helper()
        return number

    title, prose, code = read_step(step)
    assert title == "Do it"
    assert prose == "It is done like this."
    assert code.startswith("@staticmethod\ndef helper() -> int:\n    return 1  # stays")
    assert code.endswith("number = helper()")


def sent(path: str, status: int | None = 200) -> Sent:
    return Sent("GET", path, status, "read")


@pytest.mark.parametrize(
    ("requests", "groups"),
    [
        ([], []),
        ([sent("/a"), sent("/b"), sent("/a")], [(sent("/a"), 2), (sent("/b"), 1)]),
        ([sent("/a"), sent("/a", 429)], [(sent("/a"), 1), (sent("/a", 429), 1)]),
    ],
)
def test_grouped_counts_equal_requests(requests: list[Sent], groups: list[Any]) -> None:
    assert grouped(requests) == groups


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 requests"), (1, "1 request"), (2000, "2,000 requests")]
)
def test_counted(number: int, text: str) -> None:
    assert counted(number, "request") == text


def test_request_without_an_answer_is_marked(
    monkeypatch: pytest.MonkeyPatch, make_step: Callable[[], Any]
) -> None:
    monkeypatch.setattr(steps, "STEPS", (make_step(),))
    shown = io.StringIO()
    guide(shown)
    assert "    GET /v2/self  no answer" in shown.getvalue()


@pytest.fixture
def make_step() -> Callable[[], Any]:
    def make() -> Any:
        def drop(crm: Connection) -> None:
            """Drop.

            A request that gets no answer is repeated.
            """
            assert crm.sandbox is not None
            crm.sandbox.fail_next("drop_before")
            crm.request("GET", "/v2/self")

        return drop

    return make


def test_the_time_is_that_of_the_requests() -> None:
    times = iter((10.0, 11.0, 12.5))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tour_module, "time", SimpleNamespace(perf_counter=lambda: next(times)))
        with Watch() as watch:  # it looks at the clock when the first one begins, not here
            for _ in range(2):
                signals.request_started.send(None)
                signals.request_finished.send(
                    None, method="GET", path="/v2/self", status=200, purpose="read"
                )
    assert len(watch.sent) == 2
    assert watch.seconds == 2.5  # from 10 to 12.5: each end of a request looks at the clock


@pytest.mark.parametrize("is_new", [True, False], ids=["made", "at hand"])
def test_it_says_what_it_does_while_it_waits(is_new: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    image = bootstrap.make_image() if bootstrap._Filled.image is None else bootstrap._Filled.image
    monkeypatch.setattr(bootstrap._Filled, "image", None)
    found = (lambda make: make()) if is_new else (lambda make: image)
    monkeypatch.setattr(bootstrap, "find_image", found)
    monkeypatch.setattr(bootstrap, "make_image", lambda: image)
    monkeypatch.setattr(steps, "STEPS", ())
    shown = io.StringIO()
    guide(shown)
    before, _, after = shown.getvalue().partition("1. Connect")
    assert ("Making up its people" in before) is is_new
    assert "Making up" not in after
