"""The pace of Attio, on the clock of the workspace."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from attio_sandbox import Clock, Workspace
from attio_sandbox.limits import query_score
from tests.sandbox.client import GHOST, RECORDS, Client, record_id

PEOPLE = RECORDS.format("people")
QUERY = f"{PEOPLE}/query"


@pytest.fixture
def ws(clock: Clock) -> Iterator[Workspace]:
    workspace = Workspace(clock=clock, limits="attio")
    yield workspace
    workspace.close()


def read(api: Client) -> int:
    return api.send("GET", "/v2/objects").status


def write(api: Client) -> int:
    return api.try_create("people", name="Ada").status


def test_a_hundred_reads_a_second(api: Client, clock: Clock) -> None:
    assert [read(api) for _ in range(101)] == [200] * 100 + [429]
    clock.move(0.479)
    assert read(api) == 429
    clock.move(0.001)
    assert [read(api) for _ in range(101)] == [200] * 100 + [429]


def test_25_writes_a_second_beside_the_reads(api: Client, clock: Clock) -> None:
    assert [write(api) for _ in range(26)] == [200] * 25 + [429]
    assert read(api) == 200
    assert len(api.query("people")) == 25, "what is refused has no effect"
    clock.move(1)
    assert write(api) == 200


def test_the_answer_is_that_of_attio(ws: Workspace, api: Client) -> None:
    for _ in range(25):
        write(api)
    reply = ws.handle("POST", PEOPLE, headers=api.headers, body=b'{"data":{"values":{}}}')
    assert reply.status == 429
    assert reply.body == (
        b'{"status_code":429,"type":"rate_limit_error","code":"rate_limit_exceeded",'
        b'"message":"Rate limit exceeded, please try again later"}'
    )
    assert reply.headers["retry-after"] == "Tue, 03 Feb 2026 10:11:13 GMT"
    assert ws.requests[-1].status == 429


def test_waiting_as_told_is_enough(ws: Workspace, api: Client, clock: Clock) -> None:
    from email.utils import parsedate_to_datetime

    for _ in range(100):
        read(api)
    reply = ws.handle("GET", "/v2/objects", headers=api.headers)
    clock.set(parsedate_to_datetime(reply.headers["retry-after"]))
    assert read(api) == 200


def test_queries_and_search_are_reads(api: Client) -> None:
    search = {"query": "", "objects": ["people"], "request_as": {"type": "workspace"}}
    for _ in range(50):
        assert api.send("POST", QUERY, {}).status == 200
        assert api.send("POST", "/v2/objects/records/search", search).status == 200
    assert api.send("POST", QUERY, {}).status == 429
    assert write(api) == 200


def test_all_tokens_share_the_pace(ws: Workspace, api: Client) -> None:
    other = Client(ws)
    token = ws.access.add_token(("object_configuration:read",))
    other.headers = {"Authorization": f"Bearer {token}"}
    assert [read(each) for each in [api, other] * 51] == [200] * 100 + [429] * 2


def test_requests_without_a_token_do_not_count(ws: Workspace, api: Client) -> None:
    for _ in range(200):
        assert ws.handle("GET", "/v2/objects").status == 401
        assert ws.handle("GET", "/v2/self").status == 200
    assert read(api) == 200


def test_requests_that_are_wrong_count(api: Client) -> None:
    for _ in range(25):
        assert api.try_create("people", name=5).status == 400
    assert write(api) == 429


def test_arranging_a_workspace_is_not_paced(ws: Workspace) -> None:
    for n in range(30):
        ws.define_object(f"o{n}", "O", "Os")


def test_a_second_that_has_passed_counts_again_from_zero(api: Client, clock: Clock) -> None:
    for _ in range(100):
        read(api)
    clock.move(-5)
    assert read(api) == 200


def test_without_limits_nothing_is_paced(clock: Clock) -> None:
    free = Workspace(clock=clock)
    assert [read(Client(free)) for _ in range(150)] == [200] * 150
    free.close()
    unknown: Any = "fast"
    with pytest.raises(ValueError, match="'attio'"):
        Workspace(limits=unknown)


def test_threads_get_as_many_as_there_are(api: Client) -> None:
    with ThreadPoolExecutor(32) as pool:
        statuses = list(pool.map(lambda _: write(api), range(64)))
    assert sorted(statuses) == [200] * 25 + [429] * 39


def test_call_recordings_are_made_one_a_second(api: Client, clock: Clock) -> None:
    path = f"/v2/meetings/{GHOST}/call_recordings"
    statuses = [api.send("POST", path, {}).status for _ in range(2)]
    assert statuses[0] != 429
    assert statuses[1] == 429
    assert write(api) == 200
    clock.move(1)
    assert api.send("POST", path, {}).status != 429


def test_a_recording_that_is_refused_uses_up_no_write(api: Client) -> None:
    path = f"/v2/meetings/{GHOST}/call_recordings"
    assert [api.send("POST", path, {}).status for _ in range(5)] == [404, *[429] * 4]
    assert [write(api) for _ in range(25)] == [*[200] * 24, 429]


def test_who_may_not_ask_is_told_before_it_is_counted(ws: Workspace, api: Client) -> None:
    reader = Client(ws)
    reader.headers = {"Authorization": f"Bearer {ws.access.add_token(('note:read',))}"}
    assert {write(reader) for _ in range(50)} == {403}
    assert {read(reader) for _ in range(150)} == {403}
    assert write(api) == 200
    assert read(api) == 200


def test_what_is_no_json_is_told_before_it_is_counted(ws: Workspace, api: Client) -> None:
    for _ in range(50):
        reply = ws.handle("POST", "/v2/objects", headers=api.headers, body=b"{")
        assert reply.status == 400
    assert write(api) == 200


def test_what_is_due_waits_for_a_request_that_is_let_in(
    ws: Workspace, api: Client, clock: Clock
) -> None:
    ws.enrichment, ws.enrichment_delay = True, 0.2
    api.create("people", email_addresses=["ada@acme.example.com"])
    assert {read(api) for _ in range(100)} == {200}
    clock.move(0.3)
    assert read(api) == 429
    assert ws.count("companies") == 0
    clock.move(1)
    assert read(api) == 200
    assert ws.count("companies") == 1


# The score of queries


@pytest.mark.parametrize(
    ("body", "score"),
    [
        (None, 1),
        ([], 1),
        ({}, 1),
        ({"filter": {"name": "Ada"}}, 2),
        ({"filter": {"name": "Ada", "job_title": {"$eq": "VP"}}}, 3),
        ({"filter": {"$or": [{"name": "a"}, {"name": "b"}, {"$not": {"name": "c"}}]}}, 4),
        ({"filter": {"record_id": {"$in": ["x"] * 100}}}, 4),
        ({"filter": {"path": [["people", "company"], ["companies", "name"]],
                     "constraints": {"value": "x"}}}, 6),
        ({"sorts": [{"attribute": "name", "direction": "asc"}]}, 3),
        ({"filter": "x", "sorts": "x"}, 2),
    ],
)  # fmt: skip
def test_the_score_grows_with_the_query(body: Any, score: float) -> None:
    assert query_score(body, 0) == score
    assert query_score(body, 50_000) == 2 * score


def heavy(terms: int) -> Any:
    return {"filter": {"$or": [{"name": f"n{n}"} for n in range(terms)]}, "limit": 1}


def test_a_query_that_is_too_complex_is_refused_for_good(ws: Workspace, api: Client) -> None:
    assert api.send("POST", QUERY, heavy(999)).status == 200
    answer = api.send("POST", QUERY, heavy(1_000))
    assert answer.code == "429 rate_limit_exceeded"
    assert "too complex" in answer.json["message"]
    reply = ws.handle("POST", QUERY, headers=api.headers, body=b'{"filter":{"name":"x"}}')
    assert reply.status == 200


def test_scores_add_up_over_ten_seconds(ws: Workspace, api: Client, clock: Clock) -> None:
    assert [api.send("POST", QUERY, heavy(999)).status for _ in range(3)] == [200] * 3
    clock.move(5)
    assert [api.send("POST", QUERY, heavy(999)).status for _ in range(3)] == [200, 200, 429]
    reply = ws.handle("POST", QUERY, headers=api.headers, body=b"{}")
    assert reply.status == 429
    assert reply.headers["retry-after"] == "Tue, 03 Feb 2026 10:11:23 GMT"
    assert api.send("GET", "/v2/objects").status == 200
    clock.move(4.999)
    assert api.send("POST", QUERY, {}).status == 429
    clock.move(0.001)
    assert [api.send("POST", QUERY, heavy(999)).status for _ in range(4)] == [200] * 3 + [429]


def test_scores_of_later_do_not_count_once_the_clock_is_set_back(api: Client, clock: Clock) -> None:
    assert api.send("POST", QUERY, heavy(1)).status == 200
    clock.move(5)
    assert [api.send("POST", QUERY, heavy(999)).status for _ in range(6)][-1] == 429
    clock.move(-4)
    assert api.send("POST", QUERY, heavy(999)).status == 200


def test_large_objects_and_lists_weigh_more(ws: Workspace, api: Client) -> None:
    ws.load("people", ({"name": "A"} for _ in range(1_000)))
    assert api.send("POST", QUERY, heavy(999)).status == 429
    ws.define_list("hiring", "Hiring", "people")
    path = "/v2/lists/hiring/entries/query"
    body = {"filter": {"$or": [{"entry_id": "x"}] * 999}}
    assert api.send("POST", path, body).status != 429
    entry = {"parent_record_id": record_id(api.query("people", limit=1)[0]),
             "parent_object": "people", "entry_values": {}}  # fmt: skip
    api.data("POST", "/v2/lists/hiring/entries", {"data": entry})
    assert api.send("POST", path, body).status == 429
    assert api.send("POST", "/v2/lists/ghost/entries/query", body).status == 404


def test_a_query_refused_for_its_score_is_a_read_that_counts(api: Client) -> None:
    assert {api.send("POST", QUERY, heavy(1_000)).status for _ in range(99)} == {429}
    assert [read(api) for _ in range(2)] == [200, 429]


def test_a_query_over_the_limit_of_reads_adds_no_score(api: Client, clock: Clock) -> None:
    assert {read(api) for _ in range(100)} == {200}
    assert {api.send("POST", QUERY, heavy(999)).status for _ in range(10)} == {429}
    clock.move(1)
    assert [api.send("POST", QUERY, heavy(999)).status for _ in range(6)] == [*[200] * 5, 429]
