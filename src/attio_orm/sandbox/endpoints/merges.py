"""Merging two records into a new one."""

from __future__ import annotations

from attio_orm.sandbox.bodies import UUID_FORM, Shape, Text, wrapped
from attio_orm.sandbox.calls import Call
from attio_orm.sandbox.documents import Draft
from attio_orm.sandbox.errors import Refusal, not_found
from attio_orm.sandbox.merging import Merging
from attio_orm.sandbox.pending import MERGE, put_off
from attio_orm.sandbox.rendering import json_body
from attio_orm.sandbox.replies import Reply, json_reply
from attio_orm.sandbox.routes import Route

_UUID = Text(pattern=UUID_FORM)
_MERGE = wrapped(Shape({"primary_record_id": _UUID, "secondary_record_id": _UUID}, strict=True))


def merge_records(call: Call) -> Reply:
    """Answer POST /v2/objects/{object}/records/merge.

    See https://docs.attio.com/rest-api/endpoint-reference/records/merge-two-records.
    """
    object_ = call.schema.object(call.names["object"])
    data = call.checked(_MERGE)["data"]
    changes = call.changes()
    found: list[Draft] = []
    for name in ("primary_record_id", "secondary_record_id"):
        key = data[name].lower()
        num = changes.record_number(object_.num, key)
        if num is None:
            raise not_found(f'Record with ID "{key}" not found.')
        found.append(changes.draft(num))
    primary, secondary = found
    if primary is secondary:
        raise Refusal(400, "self_merge", "A record cannot be merged with itself.")
    originals, new_id = (primary.id, secondary.id), call.ids.new()
    Merging(changes, primary, secondary).run(new_id)
    for original in originals:
        call.emit(
            "record.merged",
            {"object_id": object_.id, "record_id": new_id},
            duplicate_object_id=object_.id,
            duplicate_record_id=original,
        )
    reply = json_body({"data": {"new_record_id": new_id}})
    if call.merge_delay <= 0:
        return json_reply(reply)
    put_off(call.database, MERGE, new_id, call.moment, call.merge_delay)
    return json_reply(reply, 202)


ROUTES = (
    Route(
        "POST",
        "/v2/objects/{object}/records/merge",
        merge_records,
        writes=True,
        scopes=("record_permission:read-write", "object_configuration:read"),
    ),
)
