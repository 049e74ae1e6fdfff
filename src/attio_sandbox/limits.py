"""Attio's rate limits, counted on the clock of the workspace."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from attio_sandbox.bodies import is_list, is_map
from attio_sandbox.errors import Refusal
from attio_sandbox.requests import Call, Match

# facts.md 10: of a workspace, shared by all its tokens.
READS_EACH_SECOND = 100
WRITES_EACH_SECOND = 25
WINDOW = timedelta(seconds=10)
# Attio publishes no numbers for the score of queries; these let ordinary paging pass and stop
# filters of hundreds of conditions on large objects.
MAX_SCORE = 1_000.0
MAX_WINDOW_SCORE = 5_000.0
_BASE_POINTS = 1.0
_RECORDS_PER_POINT = 50_000
_ITEMS_PER_POINT = 50
_HOP_POINTS = 2
_SORT_POINTS = 2


class Limited(Refusal):
    """The 429 of a request that was not processed; `retry_after` is when to try again."""

    def __init__(self, message: str, retry_after: datetime | None) -> None:
        super().__init__(429, "rate_limit_exceeded", message, kind="rate_limit_error")
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the answer: Retry-After as an HTTP date."""
        if self.retry_after is None:
            return {}
        return {"retry-after": format_datetime(self.retry_after, usegmt=True)}


def query_score(body: Any, records: int) -> float:
    """Give the score of a query: its conditions, hops of paths and sorts, by the object's size.

    Attio's own formula is not published; see
    https://docs.attio.com/rest-api/guides/rate-limiting.
    """
    points = _BASE_POINTS
    # Without recursion: a body may be nested as deep as it likes, and is not checked yet.
    waiting: list[Any] = [body.get("filter")] if is_map(body) else []
    while waiting:
        found = waiting.pop()
        if is_map(found):
            for name, inner in found.items():
                if name == "path" and is_list(inner):
                    points += _HOP_POINTS * len(inner)
                elif name == "$in" and is_list(inner):
                    points += 1 + len(inner) / _ITEMS_PER_POINT
                else:
                    waiting.append(inner)
        elif is_list(found):
            waiting.extend(found)
        elif found is not None:
            points += 1
    sorts = body.get("sorts") if is_map(body) else None
    points += _SORT_POINTS * len(sorts) if is_list(sorts) else 0
    return points * (1 + records / _RECORDS_PER_POINT)


def shown_score(score: float) -> int:
    """Give the score as answers show it: whole, and 0 for a small query without a filter."""
    return max(0, round(score - _BASE_POINTS))


def size_of(call: Call) -> int:
    """Give how many records or entries the query of a call runs over."""
    kinds = {"object": "objects", "list": "lists", "activity": "activities"}
    kind, name = next(item for item in call.names.items() if item[0] in kinds)
    found = call.schema.find(kinds[kind], name)
    return 0 if found is None else call.database.size_of(found.num)


class Limits:
    """Counts the requests of one workspace, of all its tokens; used under the database's lock."""

    def __init__(self) -> None:
        self._second = 0
        self._counts: dict[str, int] = {}
        self._scores: list[tuple[datetime, float]] = []

    def take(self, call: Call, match: Match) -> None:
        """Count one request; raises Limited where it is one too many.

        Queries and search are reads, though they are sent by POST.
        """
        # By the second of the clock, as Retry-After of Attio is the next whole second.
        second = math.floor(call.moment.timestamp())
        if second != self._second:
            self._second, self._counts = second, {}
        following = datetime.fromtimestamp(second + 1, UTC)
        route = match.route
        # The narrower limit first: what it refuses does not use up one of the wider.
        if route.each_second is not None:
            self._count(f"{route.method} {route.path}", route.each_second, following)
        if route.writes:
            self._count("writes", WRITES_EACH_SECOND, following)
            return
        self._count("reads", READS_EACH_SECOND, following)
        # Last, as the score is of use only to a query that is let in; refused, it is a read.
        if route.path.endswith("/query"):
            self._score(query_score(call.json, size_of(call)), call.moment)

    def _count(self, name: str, most: int, following: datetime) -> None:
        if self._counts.get(name, 0) >= most:
            raise _exceeded(following)
        self._counts[name] = self._counts.get(name, 0) + 1

    def _score(self, score: float, moment: datetime) -> None:
        if score > MAX_SCORE:
            raise Limited(
                f"The query is too complex: its score is {score:.0f} and may be {MAX_SCORE:.0f}. "
                "Please use fewer filters or sorts.",
                None,
            )
        # Later ones go too: a test may have moved the clock back.
        scores = [each for each in self._scores if moment - WINDOW < each[0] <= moment]
        self._scores = scores
        excess = sum(found for _, found in scores) + score - MAX_WINDOW_SCORE
        if excess > 0:
            for counted, found in scores:
                excess -= found
                if excess <= 0:
                    free = counted + WINDOW
                    raise _exceeded(datetime.fromtimestamp(math.ceil(free.timestamp()), UTC))
        scores.append((moment, score))


def _exceeded(retry_after: datetime) -> Limited:
    return Limited("Rate limit exceeded, please try again later", retry_after)
