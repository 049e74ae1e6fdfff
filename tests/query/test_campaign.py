"""The campaign of random scans, thirty of its runs, and that it would tell."""

from __future__ import annotations

import pytest

from tests.query.campaign import Tally, campaign, main


def test_thirty_scans_under_change() -> None:
    tally = campaign(30)
    assert (tally.runs, tally.repeated, tally.missed) == (30, 0, 0)
    assert tally.records > 1_000
    assert {kind.split()[0] for kind in tally.kinds} >= {"keyset", "offset", "by"}


def test_what_it_tells() -> None:
    tally = Tally()
    tally.add("keyset", ["a", "b", "a"], {"a", "c", "d"})
    assert str(tally) == "1 scans of 3 records: 1 repeated, 2 missed\n  keyset: 1"


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["5", "7"]) == 0
    assert capsys.readouterr().out.startswith("5 scans of ")
