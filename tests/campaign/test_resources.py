"""A small round of each kind beside records, and that it would tell what a bad client does."""

from __future__ import annotations

from pathlib import Path

import pytest

from attio_orm.transport.requests import WireRequest, WireResponse
from tests.campaign.campaign import Round
from tests.campaign.models import Client, Pipeline
from tests.campaign.operations import Tally
from tests.campaign.processes import killed
from tests.campaign.resources import KINDS
from tests.campaign.test_campaign import Blind, Denying, Foreign, Idle, Odd, Sending, Twice
from tests.redis_server import RedisServer

MODELS = Client, Pipeline  # named here, as a test sees the models of its own module alone
EACH = [kind for kind in KINDS if kind != "resources"]


def check(tally: Tally, operations: int) -> None:
    assert tally.faults == 0, str(tally)
    assert tally.counts["operations"] == operations
    assert tally.counts["acknowledged"] > operations / 4, str(tally)
    assert len(tally.met) > 3


@pytest.mark.parametrize("about", EACH)
def test_nothing_is_lost_doubled_or_overwritten(about: str) -> None:
    tally = Tally()
    Round(1 + EACH.index(about) % 2, 1, tally, rate=0.25, about=about).run(25)
    check(tally, 25)


@pytest.mark.parametrize("number", [0, 3], ids=["threads", "one-async-pool"])
def test_nothing_is_while_redis_comes_and_goes(number: int, redis_server: RedisServer) -> None:
    tally = Tally()
    Round(number, 1, tally, rate=0.2, about="resources", redis=redis_server).run(25)
    check(tally, 25)
    assert tally.met["Redis stopped"]


def test_nothing_is_where_a_program_is_killed(tmp_path: Path) -> None:
    tally = Tally()
    killed("1/0", tally, tmp_path, seconds=0.2, rate=0.1)
    assert tally.faults == 0, str(tally)
    assert tally.counts["acknowledged"] >= 4
    assert tally.met["killed"] == 2


# -- that it would tell ---------------------------------------------------------------------------


class Keeping(Odd):
    """Deletes nothing."""

    def exchange(self, request: WireRequest) -> Sending:
        if request.method != "DELETE":
            return (yield request)
        yield request.__class__("GET", "/v2/self", request.headers, b"", request.timeout)
        return WireResponse(200, request.headers, b"{}")


class Garbling(Odd):
    """Reads other texts than there are."""

    def exchange(self, request: WireRequest) -> Sending:
        answer = yield request
        if request.method != "GET":
            return answer
        body = answer.body.replace(b"mark ", b"kram ").replace(b"text ", b"txet ")
        return WireResponse(answer.status, answer.headers, body.replace(b"mark_", b"kram_"))


@pytest.mark.parametrize(
    ("client", "rate", "about", "kinds"),
    [
        (Twice, 0.0, "notes", {"doubled"}),
        (Twice, 0.0, "files", {"doubled"}),
        (Blind, 0.5, "histories", {"overwritten"}),
        (Blind, 0.5, "comments", {"doubled"}),
        (Idle, 0.0, "tasks", {"lost"}),
        (Idle, 0.0, "histories", {"lost"}),
        (Idle, 0.0, "schema", {"lost"}),
        (Denying, 0.0, "tasks", {"denied"}),
        (Keeping, 0.0, "comments", {"lost"}),
        (Keeping, 0.0, "lists", {"lost"}),
        (Garbling, 0.0, "files", {"mistaken"}),
        (Foreign, 0.0, "resources", {"foreign"}),
    ],
    ids=lambda value: getattr(value, "__name__", value if isinstance(value, str) else ""),
)
def test_a_bad_client_is_found_out(
    client: type[Odd], rate: float, about: str, kinds: set[str]
) -> None:
    tally = Tally()
    found: set[str] = set()
    for seed in range(6):  # what a round does is up to chance: one may not give it the occasion
        Round(seed, 1, tally, rate=rate, about=about, backend=client).run(30)
        found = {kind for kind in tally.COUNTS[4:] if tally.counts[kind]}
        if found & kinds:
            break
    assert found & kinds, str(tally)


def test_a_program_that_says_too_much_is_found_out(tmp_path: Path) -> None:
    tally = Tally()
    killed("1/0", tally, tmp_path, seconds=0.2, rate=0.0, is_bad=True)
    assert tally.counts["lost"], str(tally)
