"""The signatures that users rely on: names, kinds and defaults, as the documentation promises them.

They are written out here by hand, so that a change of one is seen in review and never by a user.
"""

from __future__ import annotations

import importlib
import inspect
import re
from typing import Any

import pytest

import attio_orm
from attio_orm import Comment, Connection, File, Meeting, Note, Person, Task, Thread, Webhook

SIGNATURES = {
    "attio_orm:connect": (
        "(url=None, *, api_key=None, settings=None, schema=None, schema_ttl=3600.0, "
        "on_drift='warn', limits='auto', timeout=30.0, deadline=None, max_attempts=5, retry=None, "
        "cache=None, pool=None, timezone='UTC', max_answer=268435456, on_error=None, ssl=None, "
        "proxy=None, profile=None, transport=None)"
    ),
    "attio_orm:Retry": "(base=1.0, longest=30.0, jitter=True, budget=0.2)",
    "attio_orm:Pool": "(size=100, keepalive=20, acquire_timeout=5.0)",
    "attio_orm:Settings.from_env": "(prefix='ATTIO_')",
    "attio_orm:QuerySet.using": (
        "(self, source=None, *, timeout=None, deadline=None, max_attempts=None)"
    ),
    "attio_orm:QuerySet.cached": "(self, ttl=None, *, stale_if_error=0.0)",
    "attio_orm:Connection.health": "(self, timeout=5.0)",
    "attio_orm:Connection.stats": "(self)",
    "attio_orm:Connection.sql": "(self, text)",
    "attio_orm:Cache": "(ttl=300.0, size=10000, backend=None, ttls=None)",
    "attio_orm.cache:DiskCache": "(path)",
    "attio_orm.cache:RedisCache": "(url, prefix='attio-orm')",
    "attio_orm.limits:RedisLimiter": (
        "(url, *, key=None, reads=100, writes=25, on_outage='local')"
    ),
    "attio_orm.resources:Resource.save": "(self, *, on_conflict='overwrite')",
    "attio_orm.resources:Resource.delete": "(self)",
    "attio_orm.resources:Resource.refresh": "(self)",
    "attio_orm:Meeting.objects.create": (
        "(*, title, start, end, participants, description='', is_all_day=False, linked_records=())"
    ),
    "attio_orm:Meeting.objects.find_or_create": (
        "(*, title, start, end, participants, description='', is_all_day=False, linked_records=())"
    ),
    "attio_orm:Meeting.link": "(self, *records)",
    "attio_orm:Meeting.unlink": "(self, *records)",
    "attio_orm:Task.complete": "(self)",
    "attio_orm:Task.reopen": "(self)",
    "attio_orm:Thread.reply": "(self, content, *, author)",
    "attio_orm:File.read": "(self)",
    "attio_orm:File.download": "(self, path_or_file)",
    "attio_orm:ListEntry.add": "(*records, allow_duplicates=False, **values)",
    "attio_orm:ListEntry.remove": "(*records, confirm=None)",
    "attio_orm:Model.as_of": "(self, moment, *names)",
    "attio_orm:Model.write_history": "(self, name, values, *, replace)",
    "attio_orm.oauth:OAuthApp": (
        "(client_id=None, client_secret=None, redirect_uri=None, pkce=False, *, "
        "url='https://app.attio.com')"
    ),
    "attio_orm.oauth:OAuthApp.authorization_url": "(self, state=None)",
    "attio_orm.oauth:OAuthApp.exchange": (
        "(self, code, *, state, expected_state, code_verifier=None)"
    ),
    "attio_orm.oauth:OAuthApp.from_callback": "(self, url, *, expected_state, code_verifier=None)",
    "attio_orm.oauth:FileTokens": "(path, key)",
    "attio_orm.oauth:RedisTokens": "(url, key, *, prefix='attio-orm:tokens:')",
    "attio_orm.telemetry:instrument": (
        "(connection=None, *, tracer_provider=None, meter_provider=None, statements=False)"
    ),
    "attio_orm.testing:live": "(prefix='t-')",
    "attio_orm.testing:serve": (
        "(url='sandbox://', *, host='127.0.0.1', port=0, token=None, seed=None, data=None)"
    ),
    "attio_orm.testing:SandboxHandle.reply_next": (
        "(self, json, *, status=200, match=None, times=1)"
    ),
    "attio_orm:QuerySet.bulk_create": (
        "(queryset, rows, *, on_error='collect', on_progress=None, concurrency=None, keep='auto', "
        "none=(), deadline=None)"
    ),
    "attio_orm:QuerySet.bulk_update": (
        "(queryset, rows, *, fields=None, key='id', on_conflict='overwrite', on_error='collect', "
        "on_progress=None, concurrency=None, keep='auto', none=(), deadline=None)"
    ),
    "attio_orm:QuerySet.bulk_upsert": (
        "(queryset, rows, *, matching, multi='add', duplicates='error', on_error='collect', "
        "on_progress=None, concurrency=None, keep='auto', none=(), deadline=None)"
    ),
    "attio_orm:QuerySet.bulk_delete": (
        "(queryset, rows, *, confirm, on_error='collect', on_progress=None, concurrency=None, "
        "keep='auto', deadline=None)"
    ),
}

OF_INSTANCES = {
    "schema.create_object": "(slug, *, singular, plural)",
    "schema.update_object": "(slug, *, new_slug=None, singular=None, plural=None)",
    "schema.delete_object": "(slug, *, confirm)",
    "schema.create_list": "(slug, *, name, parent, access='full-access', members=None)",
    "schema.update_list": "(slug, *, name=None, new_slug=None, access=UNSET, members=UNSET)",
    "schema.apply": "(*models, plan=False)",
    "whoami": "()",
    "scopes": "()",
    "missing_scopes": "(*models_resources_or_scopes, write=False)",
    "deadline": "(seconds)",
}

OF_A_PERSON = {
    "notes.create": "(title, content='', *, format='plaintext', created_at=None, meeting=None)",
    "tasks.create": "(content, *, deadline=None, assignees=(), is_completed=False)",
    "add_comment": "(content, *, author)",
    "files.upload": "(path_or_file, *, name=None, content_type=None, folder=None)",
    "files.create_folder": "(name, *, folder=None)",
    "notes.count": "()",
    "notes.all": "()",
    "emails.all": "()",
    "meetings.all": "()",
    "threads.all": "()",
}


def spelt(function: Any) -> str:
    """A signature without its annotations."""
    found = inspect.signature(function)
    plain = [each.replace(annotation=inspect.Parameter.empty) for each in found.parameters.values()]
    text = str(found.replace(parameters=plain, return_annotation=inspect.Signature.empty))
    return re.sub(r"\(self, /, ", "(self, ", text)


def reached(owner: Any, path: str) -> Any:
    for name in path.split("."):
        owner = getattr(owner, name)
    return owner


@pytest.mark.parametrize("place", SIGNATURES)
def test_of_what_is_imported(place: str) -> None:
    module, _, path = place.partition(":")
    assert spelt(reached(importlib.import_module(module), path)) == SIGNATURES[place]


@pytest.mark.parametrize("path", OF_INSTANCES)
def test_of_a_connection(attio_sandbox: Any, path: str) -> None:
    connection: Connection = attio_sandbox.connection
    assert spelt(reached(connection, path)) == OF_INSTANCES[path]
    if path != "deadline":
        *owner, name = path.split(".")
        twin = reached(connection, ".".join([*owner, f"a{name}"]))
        assert spelt(twin) == OF_INSTANCES[path]


@pytest.mark.parametrize("path", OF_A_PERSON)
def test_of_a_record(attio_sandbox: Any, path: str) -> None:
    ada = Person.objects.create(name="Ada")
    assert spelt(reached(ada, path)) == OF_A_PERSON[path]
    *owner, name = path.split(".")
    assert spelt(reached(ada, ".".join([*owner, f"a{name}"]))) == OF_A_PERSON[path]


IMPORTED = {
    "attio_orm": (
        "Activity Retry Pool Settings Cache UNSET BulkReport BulkItem Progress Note Task Thread "
        "Comment Meeting CallRecording Transcript File Email Member Webhook NotSupportedByAttio "
        "RefreshNotSupported SchemaChangeError WriteConflictError DeadlineExceededError "
        "StateMismatchError BlockingCallWarning"
    ),
    "attio_orm.limits": "RedisLimiter",
    "attio_orm.cache": "MemoryCache DiskCache RedisCache",
    "attio_orm.oauth": "OAuthApp OAuthToken Scope Identity MemoryTokens FileTokens RedisTokens",
    "attio_orm.periods": "Period ago",
    "attio_orm.jobs": "BulkReport BulkItem Progress",
    "attio_orm.telemetry": "instrument",
    "attio_orm.testing": "SandboxHandle serve live assert_num_requests",
    "attio_orm.transport": "Request Response",
}


@pytest.mark.parametrize("module", IMPORTED)
def test_where_names_are_imported_from(module: str) -> None:
    there = importlib.import_module(module)
    assert [name for name in IMPORTED[module].split() if not hasattr(there, name)] == []


def test_errors_stand_where_they_are_looked_for() -> None:
    below = {
        "NotSupportedByAttio": "AttioError",
        "RefreshNotSupported": "NotSupportedByAttio",
        "SchemaChangeError": "AttioError",
        "WriteConflictError": "ConflictError",
        "DeadlineExceededError": "RequestTimeoutError",
        "StateMismatchError": "ValidationError",
    }
    for name, base in below.items():
        assert issubclass(getattr(attio_orm, name), getattr(attio_orm, base)), name
    assert issubclass(attio_orm.BlockingCallWarning, Warning)


@pytest.mark.parametrize("model", [Comment, File, Meeting, Note, Task, Thread, Webhook])
def test_every_resource_has_what_a_resource_has(model: Any) -> None:
    own = """objects DoesNotExist MultipleObjectsReturned id created_at connection raw is_changed
        changes save asave delete adelete refresh arefresh model_dump"""
    assert [name for name in own.split() if name not in dir(model)] == []
    of_managers = "filter all using get get_or_none first exists count iterator explain"
    assert [name for name in of_managers.split() if not hasattr(model.objects, name)] == []
