"""Merging two records into a new one."""

from __future__ import annotations

from attio_sandbox.bodies import UUID, Shape, wrapped
from attio_sandbox.errors import Refusal
from attio_sandbox.records.documents import Draft
from attio_sandbox.records.merging import Merging
from attio_sandbox.records.pending import MERGE, put_off
from attio_sandbox.records.rendering import json_body
from attio_sandbox.requests import Call, Reply, json_reply

_MERGE = wrapped(Shape({"primary_record_id": UUID, "secondary_record_id": UUID}))


def merge_records(call: Call) -> Reply:
    """Answer POST /v2/objects/{object}/records/merge.

    See https://docs.attio.com/rest-api/endpoint-reference/records/merge-two-records.
    """
    object_ = call.object
    data = call.checked(_MERGE)["data"]
    changes = call.changes()
    found: list[Draft] = []
    for name in ("primary_record_id", "secondary_record_id"):
        key = data[name].lower()
        num = changes.record_number(object_.num, key)
        if num is None:
            # A value of the body and no part of the path, and still a 404 (facts.md 0.1).
            raise Refusal(404, "value_not_found", f'Record with ID "{key}" not found.')
        found.append(changes.draft(num))
    primary, secondary = found
    if primary is secondary:
        raise Refusal(400, "self_merge", "A record cannot be merged with itself.")
    # A new id, and an event for each of the two that are gone (facts.md 2.3 and 9).
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
    delay = call.settings.merge_delay
    if delay <= 0:
        return json_reply(reply)
    put_off(call.database, MERGE, new_id, call.moment, delay)
    return json_reply(reply, 202)
