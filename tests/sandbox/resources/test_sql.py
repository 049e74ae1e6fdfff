"""SQL: what a statement reads, what it may not do, and what it cannot see."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from attio_sandbox import Clock, Workspace
from attio_sandbox.resources.sql import copies, statements
from tests.sandbox.client import Answer, Client, record_id, with_token


@pytest.fixture
def ws(clock: Clock) -> Iterator[Workspace]:
    workspace = Workspace(clock=clock, billing_plan="enterprise")
    yield workspace
    workspace.close()


def ask(api: Client, sql: Any) -> Answer:
    return api.send("POST", "/v2/sql", {"sql": sql})


def rows(api: Client, sql: str) -> list[dict[str, Any]]:
    answer = ask(api, sql)
    assert answer.status == 200, answer.json
    found: list[dict[str, Any]] = answer.json["data"]["rows"]
    return found


def refusal(api: Client, sql: str) -> str:
    answer = ask(api, sql)
    assert answer.code == "400 filter_error", answer.json
    message: str = answer.json["message"]
    return message


class TestReading:
    def test_joins(self, api: Client, acme: str, ada: str) -> None:
        api.create("people", name="Bob")
        sql = (
            "SELECT p.name, c.name AS company FROM people p"
            " LEFT JOIN companies c ON c.record_id = p.company ORDER BY p.name"
        )
        assert rows(api, sql) == [
            {"name": "Ada Lovelace", "company": "Acme"},
            {"name": "Bob", "company": None},
        ]

    def test_aggregates(self, api: Client, ws: Workspace) -> None:
        ws.load("companies", [{"name": f"C{n}", "funding_raised_usd": n} for n in range(10)])
        sql = "SELECT count(*), sum(funding_raised_usd), avg(funding_raised_usd) FROM companies"
        assert rows(api, sql) == [{"count": 10, "sum": 45, "avg": 4.5}]
        sql = "SELECT funding_raised_usd > 6 AS big, count(*) FROM companies GROUP BY 1 ORDER BY 1"
        assert rows(api, sql) == [{"big": False, "count": 7}, {"big": True, "count": 3}]

    def test_lists_beside_objects(self, api: Client, ada: str, hiring: str) -> None:
        entry = api.add_entry("hiring", ada, stage="Interview", tags=["a", "b"], score=1.5)
        sql = (
            "SELECT h.entry_id, h.stage, h.tags, h.score, p.job_title FROM lists.hiring h"
            " JOIN objects.people p ON p.record_id = h.parent_record_id"
        )
        assert rows(api, sql) == [
            {
                "entry_id": entry["id"]["entry_id"],
                "stage": "Interview",
                "tags": ["a", "b"],
                "score": 1.5,
                "job_title": "VP Sales",
            }
        ]

    def test_names_without_a_schema_are_of_objects(self, api: Client, hiring: str) -> None:
        assert rows(api, "SELECT * FROM people") == []
        assert "name hiring does not exist" in refusal(api, "SELECT * FROM hiring")

    def test_quotes_case_and_comments(self, api: Client, ada: str) -> None:
        for sql in (
            'SELECT "job_title" AS "The Title" FROM "objects"."people"',
            'select JOB_TITLE as "The Title" from Objects.PEOPLE;',
            '-- who?\n/* a; b */ (SELECT job_title AS "The Title" FROM people) -- end',
        ):
            assert rows(api, sql) == [{"The Title": "VP Sales"}]
        assert rows(api, "SELECT 'it''s; -- no' AS t") == [{"t": "it's; -- no"}]
        assert rows(api, "SELECT 1 AS Foo") == [{"foo": 1}]
        assert "name_of" in refusal(api, 'SELECT "name_of" FROM people')  # no text by another name

    def test_nulls(self, api: Client, ada: str) -> None:
        api.create("people", name="Bob")
        assert rows(api, "SELECT name FROM people WHERE job_title IS NULL") == [{"name": "Bob"}]
        assert rows(api, "SELECT name FROM people WHERE job_title <> 'CTO'") == [
            {"name": "Ada Lovelace"}
        ]
        assert rows(api, "SELECT phone_numbers, company FROM people WHERE name = 'Bob'") == [
            {"phone_numbers": None, "company": None}
        ]
        # larger than all, in both directions
        up = rows(api, "SELECT job_title AS j FROM people ORDER BY j")
        down = rows(api, "SELECT job_title AS j FROM people ORDER BY j DESC")
        assert up == down[::-1] == [{"j": "VP Sales"}, {"j": None}]

    def test_unicode(self, api: Client) -> None:
        name = "Žofie 🎉 \"quoted\" 'n' \\ 田中"
        api.create("companies", name=name)
        quoted = name.replace("'", "''")
        assert rows(api, f"SELECT name FROM companies WHERE name = '{quoted}'") == [{"name": name}]

    def test_the_dialect_is_postgresqls(self, api: Client, ada: str) -> None:
        sql = (
            "SELECT 7 / 2 AS whole, 7.0 / 2 AS part, '12'::int + 1 AS cast_,"
            " 'A' ILIKE 'a' AS like_,"
            " date_trunc('month', created_at) AS month, extract(year FROM created_at) AS year,"
            " created_at > now() - interval '30 days' AS recent,"
            " 'ada@acme.example.com' = ANY(email_addresses) AS has, name || '!' AS text_"
            " FROM people"
        )
        (found,) = rows(api, sql)
        assert found.pop("recent") in (True, False)  # by the machine's clock
        assert found == {
            "whole": 3,
            "part": 3.5,
            "cast_": 13,
            "like_": True,
            "month": "2026-02-01T00:00:00.000000000Z",
            "year": 2026,
            "has": True,
            "text_": "Ada Lovelace!",
        }

    def test_columns_without_a_name_have_postgresqls(self, api: Client, ada: str) -> None:
        sql = (
            "SELECT count(*), max(name), lower('A'), 1 + 1, coalesce(NULL, 3), job_title::varchar"
            " FROM people GROUP BY job_title"
        )
        (found,) = rows(api, sql)
        assert list(found) == ["count", "max", "lower", "?column?", "coalesce", "job_title"]
        assert rows(api, 'SELECT 1 AS "Total (EUR)"') == [{"Total (EUR)": 1}]
        assert rows(api, "SELECT CASE WHEN true THEN 'x' END") == [{"case": "x"}]

    def test_a_name_that_is_there_twice_is_the_last(self, api: Client) -> None:
        assert rows(api, "SELECT 1 AS a, 2 AS a") == [{"a": 2}]

    def test_values_of_all_kinds(self, api: Client) -> None:
        sql = (
            "SELECT 1.5::decimal(10, 4) AS d, 2::double AS w, 'nan'::double AS n, NULL AS nothing,"
            " DATE '2026-01-02' AS day, TIMESTAMP '2026-01-02 03:04:05' AS t,"
            " TIME '10:00' AS clock,"
            " interval '1 day' AS i, '\\x01'::bytea AS b, [1, NULL] AS l, {'a': 1} AS s,"
            " 123456789012345678901234567890::hugeint AS h,"
            " '6f1b7ee5-0000-4000-8000-000000000000'::uuid AS u, true AS yes"
        )
        assert rows(api, sql) == [
            {
                "d": 1.5, "w": 2, "n": None, "nothing": None, "day": "2026-01-02",
                "t": "2026-01-02T03:04:05.000000000", "clock": "10:00:00",
                "i": "1 day, 0:00:00", "b": "\\x01", "l": [1, None], "s": {"a": 1},
                "h": 1.2345678901234568e29, "u": "6f1b7ee5-0000-4000-8000-000000000000",
                "yes": True,
            }
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "sql",
        ["SELECT interval '1000000000 days'", "SELECT '" + "[" * 40_000 + "]" * 40_000 + "'::json",
         "SELECT " + "[" * 300 + "1" + "]" * 300],
        ids=["interval", "json", "lists"],
    )  # fmt: skip
    def test_values_that_are_too_large(self, sql: str, api: Client) -> None:
        refusal(api, sql)


class TestColumns:
    """Chosen: Attio publishes no types of columns."""

    def test_each_type(self, api: Client, ws: Workspace, acme: str, ada: str) -> None:
        member = ws.setup.add_member("grace@acme.example.com")
        ws.define_object("things", "Thing", "Things")
        for kind in ("text", "number", "rating", "checkbox", "date", "timestamp", "currency"):
            ws.define_attribute("things", api_slug=f"a_{kind}", type=kind)
        ws.define_attribute(
            "things", api_slug="tags", type="select", is_multiselect=True, options=["x", "y"]
        )
        ws.define_attribute("things", api_slug="owner", type="actor-reference")
        ws.define_attribute("things", api_slug="place_of_work", type="location")
        ws.define_attribute(
            "things", api_slug="people", type="record-reference", is_multiselect=True
        )
        place = dict.fromkeys(
            ("line_1", "line_2", "line_3", "line_4", "locality", "region", "postcode",
             "country_code", "latitude", "longitude")
        )  # fmt: skip
        made = api.create(
            "things", a_text="t", a_number=1.25, a_rating=4, a_checkbox=True, a_date="2026-05-06",
            a_timestamp="2026-05-06T07:08:09.123456Z", a_currency=99_999_999_999.99,
            tags=["y", "x"], owner={"referenced_actor_type": "workspace-member",
                                    "referenced_actor_id": member},
            place_of_work=place | {"locality": "Zürich"},
            people=[{"target_object": "people", "target_record_id": ada}],
        )  # fmt: skip
        assert rows(api, "SELECT * FROM things") == [
            {
                "record_id": record_id(made),
                "created_at": made["created_at"],
                "created_by": made["values"]["created_by"][0]["referenced_actor_id"],
                "a_text": "t",
                "a_number": 1.25,
                "a_rating": 4,
                "a_checkbox": True,
                "a_date": "2026-05-06",
                "a_timestamp": "2026-05-06T07:08:09.123456000Z",
                "a_currency": 99_999_999_999.99,
                "tags": [value["option"]["title"] for value in made["values"]["tags"]],
                "owner": member,
                "place_of_work": place | {"locality": "Zürich"},
                "people": [ada],
            }
        ]
        found = rows(api, "SELECT place_of_work->>'locality' AS place FROM things")
        assert found == [{"place": "Zürich"}]

    def test_contacts(self, api: Client) -> None:
        api.create(
            "people",
            name="Lovelace, Ada",
            email_addresses=["Ada@acme.example.com", "a@acme.example.com"],
            phone_numbers=["+12025550123"],
        )
        api.create("companies", domains=["acme.com", "acme.org"])
        assert rows(api, "SELECT name, email_addresses, phone_numbers FROM people") == [
            {
                "name": "Ada Lovelace",
                "email_addresses": ["ada@acme.example.com", "a@acme.example.com"],
                "phone_numbers": ["+12025550123"],
            }
        ]
        assert rows(api, "SELECT unnest(domains) AS d FROM companies") == [
            {"d": "acme.com"}, {"d": "acme.org"},
        ]  # fmt: skip

    def test_archived_attributes_are_no_columns(self, api: Client, ws: Workspace) -> None:
        ws.define_attribute("people", api_slug="shoe_size", type="number")
        api.create("people", name="Ada", shoe_size=37)
        assert rows(api, "SELECT shoe_size FROM people") == [{"shoe_size": 37}]
        path = "/v2/objects/people/attributes/shoe_size"
        api.data("PATCH", path, {"data": {"is_archived": True}})
        assert "shoe_size" in refusal(api, "SELECT shoe_size FROM people")

    def test_a_list_may_have_attributes_called_like_an_entrys_own(
        self, api: Client, ws: Workspace, ada: str, hiring: str
    ) -> None:
        ws.define_attribute("hiring", target="lists", api_slug="entry_id", type="text")
        api.add_entry("hiring", ada, entry_id="mine")
        found = rows(api, "SELECT entry_id, parent_record_id FROM lists.hiring")
        assert found == [{"entry_id": "mine", "parent_record_id": ada}]

    def test_information_schema(self, api: Client, ws: Workspace, hiring: str) -> None:
        found = rows(
            api,
            "SELECT table_schema AS s, table_name AS t FROM information_schema.tables"
            " ORDER BY 1, 2",
        )
        assert [f"{each['s']}.{each['t']}" for each in found] == [
            "lists.hiring", "objects.companies", "objects.deals", "objects.people",
            "objects.users", "objects.workspaces",
        ]  # fmt: skip
        found = rows(
            api,
            "SELECT column_name AS c FROM information_schema.columns"
            " WHERE table_name = 'hiring' ORDER BY ordinal_position",
        )
        assert [each["c"] for each in found][:2] == ["entry_id", "parent_record_id"]
        assert {each["c"] for each in found} >= {"created_at", "created_by", "stage", "tags"}
        assert rows(api, "SELECT count(*) FROM pg_catalog.pg_tables") == [{"count": 6}]


class TestFreshness:
    def test_it_reads_what_was_written_before(self, api: Client, ws: Workspace) -> None:
        def names() -> list[str]:
            return [row["name"] for row in rows(api, "SELECT name FROM companies ORDER BY name")]

        assert names() == []
        key = record_id(api.create("companies", name="A"))
        assert names() == ["A"]
        api.patch("companies", key, name="B")
        assert names() == ["B"]
        ws.load("companies", [{"name": "C"}])
        assert names() == ["B", "C"]
        assert api.send("DELETE", f"/v2/objects/companies/records/{key}").status == 200
        assert names() == ["C"]

    def test_renames(self, api: Client, ws: Workspace, ada: str, hiring: str) -> None:
        api.add_entry("hiring", ada, stage="New")
        assert rows(api, "SELECT stage FROM lists.hiring") == [{"stage": "New"}]
        path = "/v2/lists/hiring/attributes/stage/statuses/New"
        api.data("PATCH", path, {"data": {"title": "Fresh"}})
        assert rows(api, "SELECT stage FROM lists.hiring") == [{"stage": "Fresh"}]
        api.data("PATCH", "/v2/lists/hiring", {"data": {"api_slug": "jobs"}})
        assert rows(api, "SELECT stage FROM lists.jobs") == [{"stage": "Fresh"}]
        assert "does not exist" in refusal(api, "SELECT stage FROM lists.hiring")

    def test_another_process_writes_to_the_file(self, tmp_path: Any) -> None:
        path = tmp_path / "a.db"
        one = Workspace(path, billing_plan="enterprise")
        other = Workspace(path, billing_plan="enterprise")
        assert rows(Client(one), "SELECT count(*) FROM people") == [{"count": 0}]
        Client(other).create("people", name="Ada")
        assert rows(Client(one), "SELECT count(*) FROM people") == [{"count": 1}]
        one.close()
        other.close()

    def test_it_agrees_with_the_records(self) -> None:
        crm = Client(Workspace(seed="crm", billing_plan="enterprise"))
        deals = crm.query("deals", {"stage": "Won 🎉"}, limit=500)
        worth = sum(value["currency_value"] for deal in deals for value in deal["values"]["value"])
        (found,) = rows(crm, "SELECT count(*), sum(value) FROM deals WHERE stage = 'Won 🎉'")
        assert found["count"] == len(deals)
        assert found["sum"] == pytest.approx(worth)
        by_id = [row["record_id"] for row in rows(crm, "SELECT record_id FROM deals")]
        assert by_id == sorted(by_id)
        assert len(by_id) == 1_500


WRITES = (
    "INSERT INTO people (record_id) VALUES ('x')",
    "UPDATE people SET name = 'x'",
    "DELETE FROM people",
    "TRUNCATE people",
    "DROP TABLE people",
    "ALTER TABLE people ADD COLUMN x int",
    "CREATE TABLE x AS SELECT 1",
    "CREATE TEMP TABLE x (a int)",
    "CREATE VIEW x AS SELECT 1",
    "CREATE INDEX i ON people (name)",
    "MERGE INTO people USING companies ON true WHEN MATCHED THEN DELETE",
    "WITH gone AS (DELETE FROM people RETURNING *) SELECT * FROM gone",
    "WITH made AS (SELECT 'x') INSERT INTO people (record_id) SELECT * FROM made",
    "SELECT 1; DELETE FROM people",
    "SELECT 1 INTO x",
    "COPY people TO 'x.csv'",
    "COPY (SELECT 1) TO 'x.csv'",
    "EXPORT DATABASE 'x'",
    "PRAGMA database_list",
    "ATTACH 'x.db'",
    "ATTACH ':memory:' AS x",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SELECT load_extension('x')",
    "SET threads = 4",
    "RESET threads",
    "USE lists",
    "CALL pragma_version()",
    "BEGIN",
    "COMMIT",
    "VACUUM",
    "CHECKPOINT",
    "EXPLAIN SELECT 1",
    "PREPARE x AS SELECT 1",
    "EXECUTE x",
    "DESCRIBE people",
    "SHOW TABLES",
    "FROM people",
    "VALUES (1)",
    "TABLE people",
    "SELECT * FROM query('SELECT * FROM people')",
    "SELECT * FROM query_table('people')",
    # A table that nobody could see beforehand would read as empty.
    """SELECT * FROM "query"('SELECT * FROM peo' || 'ple')""",
    "SELECT * FROM query/* a comment */('SELECT * FROM people')",
    "SELECT * FROM query -- a comment\n('SELECT * FROM people')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "SELECT nextval('x')",
)


class TestWhatItMayNotDo:
    @pytest.mark.parametrize("sql", WRITES)
    def test_it_only_selects(self, sql: str, api: Client, ada: str) -> None:
        refusal(api, sql)
        assert rows(api, "SELECT count(*) FROM people") == [{"count": 1}]
        assert len(api.query("people")) == 1

    @pytest.mark.parametrize(
        "table",
        ["tokens", "main.tokens", "meta", "cells", "records", "notes", "webhooks", "members",
         "objects.tokens", "lists.people", "elsewhere.people", "nobody", '"people; --"'],
    )  # fmt: skip
    def test_it_sees_objects_and_lists_alone(self, table: str, api: Client) -> None:
        assert "does not exist" in refusal(api, f"SELECT * FROM {table}")

    @pytest.mark.parametrize(
        "source",
        ["read_text('{}')", "read_csv('{}')", "read_json('{}')", "read_blob('{}')", "'{}'",
         "glob('{}')", "parquet_scan('{}')", "sniff_csv('{}')"],
    )  # fmt: skip
    def test_it_reads_no_files(self, source: str, api: Client, tmp_path: Any) -> None:
        file = tmp_path / "secret.csv"
        file.write_text("a,b\nhidden,1\n")
        assert "hidden" not in refusal(api, f"SELECT * FROM {source.format(file)}")

    def test_it_reads_no_variables_and_no_environment(self, api: Client) -> None:
        people_like = [{"a": 1}]
        assert "does not exist" in refusal(api, "SELECT * FROM people_like")
        assert people_like
        assert "does not exist" in refusal(api, "SELECT getenv('HOME')")

    def test_the_token_is_nowhere(self, api: Client, ws: Workspace) -> None:
        for sql in ("SELECT * FROM duckdb_settings()", "SELECT * FROM duckdb_tables()"):
            assert ws.token not in str(ask(api, sql).json)

    def test_lists_that_the_token_does_not_see(self, ws: Workspace, ada: str, api: Client) -> None:
        other = with_token(
            ws, ws.access.add_token(["record_permission:read", "object_configuration:read"])
        )
        member = ws.look_up("/v2/workspace_members")[0]["id"]["workspace_member_id"]
        data = {
            "name": "Secret",
            "api_slug": "secret",
            "parent_object": "people",
            "workspace_access": None,
            "workspace_member_access": [{"workspace_member_id": member, "level": "full-access"}],
        }
        api.data("POST", "/v2/lists", {"data": data})
        api.add_entry("secret", ada)
        assert rows(api, "SELECT count(*) FROM lists.secret") == [{"count": 1}]
        assert "does not exist" in refusal(other, "SELECT count(*) FROM lists.secret")
        tables = "SELECT count(*) FROM information_schema.tables WHERE table_name = 'secret'"
        assert rows(other, tables) == [{"count": 0}]
        assert rows(api, tables) == [{"count": 1}]

    def test_it_takes_the_scopes_of_reading_records(self, ws: Workspace) -> None:
        client = with_token(ws, ws.access.add_token(["record_permission:read"]))
        answer = ask(client, "SELECT 1")
        assert answer.status == 403
        assert "object_configuration:read" in answer.json["message"]

    def test_slugs_do_no_harm(self, api: Client, ws: Workspace) -> None:
        # words of SQL, as slugs may be
        for slug in ("select", "order", "table", "group"):
            ws.define_object(slug, slug, f"{slug}s")
            ws.define_attribute(slug, api_slug="from", type="text")
            api.create(slug, **{"from": "here"})
            assert rows(api, f'SELECT "from" FROM objects."{slug}"') == [{"from": "here"}]


class TestBodies:
    @pytest.mark.parametrize(
        "body", [{}, {"sql": None}, {"sql": 1}, {"sql": ["SELECT 1"]}, [], None]
    )
    def test_no_text(self, body: Any, api: Client) -> None:
        assert api.send("POST", "/v2/sql", body).code == "400 validation_type"

    def test_unknown_members_are_ignored(self, api: Client) -> None:
        answer = api.send("POST", "/v2/sql", {"sql": "SELECT 1 AS a", "params": []})
        assert answer.json == {"data": {"rows": [{"a": 1}]}}

    @pytest.mark.parametrize(
        "sql", ["", " ", ";", "-- nothing", "SELEC 1", "SELECT", "SELECT FROM WHERE"]
    )
    def test_no_statement(self, sql: str, api: Client) -> None:
        refusal(api, sql)

    @pytest.mark.parametrize(
        "sql",
        ["SELECT '" + "x" * 10_000_000 + "'", "x" * 10_000_000, "(" * 10_000_000,
         "/**/" * 2_500_000, "SELECT 1;" * 1_100_000],
        ids=["a text", "a word", "brackets", "comments", "statements"],
    )  # fmt: skip
    def test_ten_megabytes(self, sql: str, api: Client) -> None:
        assert "longer than" in refusal(api, sql)

    @pytest.mark.parametrize(
        "sql",
        ["SELECT " + "(" * 40_000 + "1" + ")" * 40_000, "SELECT 1" + "+1" * 45_000,
         "SELECT " + "NOT " * 20_000 + "true", "/**/" * 24_000, "/*" * 49_000, "(" * 99_000,
         "-- x\n" * 19_000, "SELECT " + "abs(" * 15_000 + "1" + ")" * 15_000,
         "SELECT query" + " " * 90_000 + "x", "SELECT query" + "/*query" * 10_000,
         # Of memory these took gigabytes, by the square of what is never closed.
         "SELECT " + "(" * 99_000, "WITH a AS (" * 8, "WITH a AS (" * 9_000,
         "SELECT " + "(/*)*/" * 16_000,
         "SELECT " + "(')'" * 20_000, "SELECT " + "($$)$$" * 15_000, "SELECT " + "(--)\n" * 18_000],
        ids=["brackets", "sums", "nots", "comments", "open comments", "open brackets", "lines",
             "calls", "spaces", "words and comments", "never closed", "some withs", "withs",
             "closed in comments", "closed in texts", "closed in dollars", "closed in lines"],
    )  # fmt: skip
    def test_what_is_deep_or_long_is_refused(self, sql: str, api: Client) -> None:
        refusal(api, sql)


class TestTime:
    def test_an_endless_statement_is_stopped(self, api: Client, ws: Workspace) -> None:
        ws.settings.sql_timeout = 0.2
        sql = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t"
        assert refusal(api, sql) == "The query took longer than 0.2 seconds."
        assert rows(api, "SELECT 1 AS a") == [{"a": 1}]

    def test_endless_rows_are_stopped(self, api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(copies, "MAX_ANSWER", 2**20)
        message = refusal(api, "SELECT * FROM generate_series(1, 1000000000000)")
        assert message == "The result is larger than 1 MB: add a LIMIT."

    def test_rows_without_end_are_stopped_by_the_time_as_well(
        self, api: Client, ws: Workspace, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(copies, "MAX_ANSWER", 2**40)
        ws.settings.sql_timeout = 0.2
        message = refusal(api, "SELECT * FROM generate_series(1, 1000000000000)")
        assert message == "The query took longer than 0.2 seconds."

    def test_a_table_that_does_not_fit_is_not_read_in_part(
        self, api: Client, ada: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def full(*_: object) -> None:
            raise duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate data")

        with monkeypatch.context() as patch:
            patch.setattr(copies.Copy, "_insert", full)
            assert "Out of Memory" in refusal(api, "SELECT count(*) FROM people")
        assert rows(api, "SELECT count(*) FROM people") == [{"count": 1}]

    def test_what_breaks_inside_is_told_to_who_asked(
        self, api: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_: object) -> bytes:
            raise RuntimeError("a bug")

        monkeypatch.setattr(copies._Running, "_answer", broken)
        with pytest.raises(RuntimeError, match="a bug"):
            ask(api, "SELECT 1")

    def test_others_are_answered_meanwhile(
        self, api: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        running, stopped = threading.Event(), threading.Event()

        def slow(statement: object) -> bytes:
            running.set()
            assert stopped.wait(30)
            return b'{"data":{"rows":[]}}'

        monkeypatch.setattr(copies._Running, "_answer", slow)
        found: list[Answer] = []
        thread = threading.Thread(target=lambda: found.append(ask(api, "SELECT 1")))
        thread.start()
        assert running.wait(30)
        api.create("people", name="Meanwhile")
        assert len(api.query("people")) == 1
        assert found == []
        stopped.set()
        thread.join()
        assert found[0].status == 200

    def test_more_at_once_than_the_server_has_threads_for(
        self, api: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Sixteen may run at once: of the server's 32 threads half stay for all other requests."""
        started = threading.Semaphore(0)
        stopped = threading.Event()

        def slow(statement: object) -> bytes:
            started.release()
            assert stopped.wait(30)
            return b'{"data":{"rows":[]}}'

        found: list[Answer] = []
        threads = [
            threading.Thread(target=lambda: found.append(ask(api, "SELECT 1"))) for _ in range(16)
        ]
        with monkeypatch.context() as patch:
            patch.setattr(copies._Running, "_answer", slow)
            for thread in threads:
                thread.start()
            for _ in threads:
                assert started.acquire(timeout=30)
            one_more = ask(api, "SELECT 1")
            stopped.set()
            for thread in threads:
                thread.join()
        assert (one_more.status, one_more.json["code"]) == (429, "rate_limit_exceeded")
        assert [each.status for each in found] == [200] * 16
        assert rows(api, "SELECT 1 AS a") == [{"a": 1}]

    def test_two_a_second(self, clock: Clock) -> None:
        paced = Client(Workspace(clock=clock, billing_plan="enterprise", limits="attio"))
        assert [ask(paced, "SELECT 1").status for _ in range(3)] == [200, 200, 429]
        clock.move(1)
        assert ask(paced, "SELECT 1").status == 200


def test_without_duckdb_it_says_what_to_install(
    api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies.library.cache_clear()
    monkeypatch.setitem(sys.modules, "duckdb", None)
    try:
        answer = ask(api, "SELECT 1")
    finally:
        copies.library.cache_clear()
    assert answer.status == 501
    assert 'pip install "attio-orm[sql]"' in answer.json["message"]


@pytest.mark.parametrize(
    ("shown", "name"),
    [
        ("name", "name"),
        ("count_star()", "count"),
        ("count_star() FILTER (WHERE (a IS NULL))", "count"),
        ('"version"()', "version"),
        ("sum(a + b)", "sum"),
        ("count(x) OVER (ORDER BY y)", "count"),
        ("(a + b)", "?column?"),
        ("'text'", "?column?"),
        ("1", "?column?"),
        ("-1.5", "?column?"),
        ("NULL", "?column?"),
        ("CAST(name AS VARCHAR)", "name"),
        ("CAST(max(a) AS DECIMAL(10, 4))", "max"),
        ("CASE  WHEN (true) THEN (1) ELSE NULL END", "case"),
        ("Total (EUR)", "Total (EUR)"),
        ("f(" + "x" * 2_000 + ")", "?column?"),
    ],
)  # fmt: skip
def test_names_of_columns(shown: str, name: str) -> None:
    assert statements.column_names([shown]) == [name]


def test_a_list_sees_its_own_lists_of_one_name(api: Client, ws: Workspace, ada: str) -> None:
    """A list may be called like an object: both are there, each under its schema."""
    ws.define_list("people", "People", "people")
    api.add_entry("people", ada)
    found = rows(
        api,
        "SELECT p.name FROM lists.people e JOIN objects.people p"
        " ON p.record_id = e.parent_record_id",
    )
    assert found == [{"name": "Ada Lovelace"}]
