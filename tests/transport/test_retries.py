"""How long a repeat waits, and how many there may be."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from attio_orm import Retry, ServerError, ValidationError
from attio_orm.transport import Request, Transport
from attio_orm.transport.retries import Budget
from attio_orm.transport.tally import Tally
from tests.colours import DRIVES, Drive
from tests.transport.fakes import Clock, ScriptedBackend, answer, noting, refusal

GET = Request("GET", "/v2/objects")


def test_the_waits_are_those_of_the_retry(drive: Drive) -> None:
    retry = Retry(base=0.25, longest=1.0, jitter=False)
    backend = ScriptedBackend(refusal(503))
    transport = Transport(
        backend, api_key=None, base="https://x.example", retry=retry, max_attempts=5
    )
    sleeps: list[float] = []
    with pytest.raises(ServerError):
        drive(noting(transport.send(GET), sleeps))
    assert sleeps == [0.25, 0.5, 1.0, 1.0]


def test_a_server_in_trouble_gets_ten_repeats_and_then_none(drive: Drive) -> None:
    backend = ScriptedBackend(refusal(503))
    transport = Transport(backend, api_key=None, base="https://x.example", max_attempts=4)
    for _ in range(20):
        with pytest.raises(ServerError) as caught:
            drive(noting(transport.send(GET), []))
    assert len(backend.requests) == 20 + 10
    assert "budget" in caught.value.__notes__[0], "why it was tried once"
    assert transport.tally.total().retries == 10


def test_a_share_of_a_minute_may_be_repeats() -> None:
    """Whatever comes when: never more than the share in any minute, and never fewer than ten."""
    clock, chance = Clock(), random.Random(3)
    tally = Tally()
    budget = Budget(0.2, tally, clock)
    attempts: list[float] = []
    repeats: list[float] = []
    refused = 0
    for _ in range(6_000):
        clock.now += chance.choice((0.0, 0.01, 0.02, 0.05)) + 4.0 * (chance.random() < 0.002)
        attempts.append(clock.now)
        tally.here.begin(clock.now)
        if chance.random() < 0.5:
            if not budget.take():
                refused += 1
                continue
            repeats.append(clock.now)
            recent = sum(at > clock.now - 60 for at in attempts[-4_000:])
            used = sum(at > clock.now - 60 for at in repeats)
            assert used <= max(10, 0.2 * recent)
    assert refused > 1_000
    assert len(repeats) > 0.15 * len(attempts)


def test_the_attempts_of_all_threads_make_the_budget() -> None:
    """Of each, those of the last minute, and none that is older."""
    clock, tally = Clock(), Tally()
    budget = Budget(1.0, tally, clock)

    def ask(times: int) -> None:
        for _ in range(times):
            tally.here.begin(clock.now)

    ask(500)
    clock.now += 61
    # two that live at one time, or the second would be given the id of the first
    with ThreadPoolExecutor(2) as threads:
        together = Barrier(2)
        for _ in range(2):
            threads.submit(lambda: (together.wait(10), ask(8)))
    ask(4)
    assert [budget.take() for _ in range(21)] == [True] * 20 + [False]


def test_after_a_quiet_minute_there_are_ten_again() -> None:
    clock = Clock()
    budget = Budget(0.0, Tally(), clock)
    assert [budget.take() for _ in range(12)] == [True] * 10 + [False] * 2
    clock.now += 60
    assert budget.take()


@pytest.mark.parametrize(
    "given", [{"base": -1}, {"longest": float("nan")}, {"budget": 1.5}, {"budget": True}], ids=str
)
def test_a_retry_that_cannot_be_meant(given: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match=next(iter(given))):
        Retry(**given)  # type: ignore[arg-type]


def test_a_repeat_that_is_answered_counts_as_one() -> None:
    transport = Transport(
        ScriptedBackend(refusal(503), answer()), api_key=None, base="https://x.example"
    )
    DRIVES["sync"](noting(transport.send(GET), []))
    counts = transport.tally.total()
    assert (counts.begun, counts.ended, counts.retries, counts.errors) == (2, 2, 1, 1)
