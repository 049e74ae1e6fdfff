"""facts.md 15: `POST /v2/sql` is new since March 2026; its own facts stand in 2.2, 0.1 and 10."""

from __future__ import annotations

import pytest

from attio_sandbox import Workspace
from tests.sandbox.client import Client


@pytest.fixture
def enterprise() -> Client:
    return Client(Workspace(billing_plan="enterprise"))


def test_the_body_and_the_answer(enterprise: Client) -> None:
    """facts.md 2.2: `{"sql":"SELECT ..."}` -> `{"data":{"rows":[{...}]}}`, not wrapped."""
    key = enterprise.create("people", name="Ada")["id"]["record_id"]
    answer = enterprise.send("POST", "/v2/sql", {"sql": "SELECT record_id, name FROM people"})
    assert answer.status == 200
    assert answer.json == {"data": {"rows": [{"record_id": key, "name": "Ada"}]}}


def test_it_is_of_the_enterprise_plan(api: Client) -> None:
    """facts.md 2.2 and 0.1: Enterprise plan only; 403 billing_error is of type auth_error."""
    answer = api.send("POST", "/v2/sql", {"sql": "SELECT 1"})
    assert answer.code == "403 billing_error"
    assert answer.json["type"] == "auth_error"


def test_objects_is_the_default_schema(enterprise: Client, hiring: str) -> None:
    """facts.md 2.2: schemas `objects` (the default) and `lists`, table names are the slugs."""
    sql = "SELECT count(*) AS n FROM people UNION ALL SELECT count(*) FROM objects.people"
    assert enterprise.data("POST", "/v2/sql", {"sql": sql}) == {"rows": [{"n": 0}, {"n": 0}]}


def test_bad_sql(enterprise: Client) -> None:
    """facts.md 0.1: 400 `filter_error` for bad SQL."""
    for sql in ("SELEC 1", "SELECT nothing FROM people", "DELETE FROM people"):
        answer = enterprise.send("POST", "/v2/sql", {"sql": sql})
        assert answer.code == "400 filter_error"
        assert answer.json["type"] == "invalid_request_error"


def test_tasks_are_not_exposed(enterprise: Client) -> None:
    """facts.md 2.2: tasks are not exposed, nor history, e-mails or meetings."""
    for table in ("tasks", "history", "emails", "meetings"):
        answer = enterprise.send("POST", "/v2/sql", {"sql": f"SELECT * FROM {table}"})
        assert answer.code == "400 filter_error"


def test_information_schema_and_pg_catalog(enterprise: Client) -> None:
    """facts.md 2.2: `information_schema` and a PostgreSQL-like `pg_catalog`."""
    for sql in (
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'objects'"
        " ORDER BY table_name",
        "SELECT tablename AS table_name FROM pg_catalog.pg_tables WHERE schemaname = 'objects'"
        " ORDER BY tablename",
    ):
        found = enterprise.data("POST", "/v2/sql", {"sql": sql})["rows"]
        names = [row["table_name"] for row in found]
        assert names == ["companies", "deals", "people", "users", "workspaces"]


def test_thirty_seconds(enterprise: Client) -> None:
    """facts.md 2.2: a limit of 30 seconds."""
    assert enterprise.workspace.settings.sql_timeout == 30.0
