"""Attio's operations as of October 2026, as these tests use them: what is valid both ways.

The description is `operations-2026-10.json`: for each operation its stage, scopes and token levels,
and schemas of its request and of its good answers. The parameters of path and query and the body
are one object there; here they are taken apart. It is derived from the models of a client that was
generated from Attio's own document: where those are stricter or looser than what is known of Attio
(facts.md), the tables below say so, each with its fact.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator, FormatChecker

FILE = "attio-api/operations-2026-10.json"
_NAME = re.compile(r"\{(\w+)\}")


class Fact(NamedTuple):
    """Where the description differs from what is known: the operations, the place, the fact."""

    operations: str  # a regular expression of the name
    place: str  # a regular expression of the JSON path, and of what is wrong there
    fact: str

    def covers(self, operation: Operation, place: str) -> bool:
        return bool(re.search(self.operations, operation.name) and re.search(self.place, place))


ANSWERS = (
    Fact(
        "threads",
        r"^\$\.data(\[\d+\])?: .*\('has_more_comments' was unexpected\)",
        "8, Thread: `has_more_comments` is named in the text, not in the schema",
    ),
    Fact(
        "threads|comments",
        r"\.resolved_by: ",
        "16, Comments: `resolved_by` of an open comment is null, not an object of nulls",
    ),
)
"""What may stand in an answer although the description says otherwise."""

TAKEN: tuple[Fact, ...] = (
    Fact(
        "",
        r"^data/(values|entry_values)/",
        "4: values have a shorthand for each type and are judged one by one",
    ),
)
"""What may stand in a request although the description says otherwise."""

# Good statuses that the description leaves out.
STATUSES = {
    "DELETE /v2/meetings/{meeting_id}/call_recordings/{call_recording_id}": 204  # facts.md 0
}

# facts.md 0.1
CODES = (
    "validation_type", "value_not_found", "missing_value", "immutable_value", "filter_error",
    "unknown_filter_attribute_slug", "uniqueness_conflict", "multiple_match_results",
    "system_edit_unauthorized", "self_merge", "merge_in_progress",
    "matching_attribute_definition_not_unique", "particle_gate_violation", "duplicate_values",
    "multiple_values_for_single_value_attribute", "formula_edit_unauthorized",
    "standard_object_disabled", "limit_reached", "quota_exceeded", "unauthorized", "billing_error",
    "not_found", "slug_conflict", "concurrent_write_conflict", "rate_limit_exceeded",
)  # fmt: skip
KINDS = {401: "auth_error", 403: "auth_error", 429: "rate_limit_error"}
_PROBLEM = {
    "type": "object",
    "required": ["code", "path", "message"],
    "properties": {
        "code": {"type": "string", "minLength": 1},
        "path": {"type": "array", "items": {"type": ["string", "integer"]}},
        "message": {"type": "string", "minLength": 1},
        "expected": {"type": "string", "minLength": 1},
        "received": {"type": "string", "minLength": 1},
        "options": {"type": "array", "minItems": 1},
        "string_validation": {"type": "string"},
    },
    "additionalProperties": False,
    # facts.md 16, Validation errors: what each of these codes brings along, and no other does.
    "allOf": [
        {
            "if": {"properties": {"code": {"const": code}}},
            "then": {"required": brought},
            "else": {"properties": dict.fromkeys(brought, False)},
        }
        for code, brought in (
            ("invalid_type", ["expected", "received"]),
            ("invalid_option", ["options"]),
        )
    ],
}


def _refusal(status: int) -> dict[str, Any]:
    """The schema of an error body (facts.md 0.1 and 16)."""
    return {
        "type": "object",
        "required": ["status_code", "type", "code", "message"],
        "properties": {
            "status_code": {"const": status},
            "statusCode": {"const": status},  # as two 400s are described
            "type": {"const": KINDS.get(status, "invalid_request_error")},
            "code": {"enum": list(CODES)},
            "message": {"type": "string", "minLength": 1},
            "validation_errors": {"type": "array", "minItems": 1, "items": _PROBLEM},
            "path": {"type": "array", "items": {"type": "string"}},
        },
        "additionalProperties": False,
    }


_FORMATS = FormatChecker(())


@_FORMATS.checks("date-time", ValueError)
def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or bool(datetime.fromisoformat(value))


@dataclass(frozen=True)
class Operation:
    """One operation: what it takes, and what it answers.

    `query` has the schema of each parameter of the query string, of which those in `required` must
    be there. `body` is the schema of the body, `None` where there is none, or none is described
    (`is_described`). `form` says that the body is a form. `scopes` are all that any use of it may
    need.
    """

    method: str
    template: str
    stage: str
    scopes: tuple[str, ...]
    levels: frozenset[str]
    is_described: bool
    query: dict[str, Any] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    body: Any = None
    is_form: bool = False
    responses: dict[int, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def names(self) -> list[str]:
        """The names in its path."""
        return _NAME.findall(self.template)

    @property
    def takes_a_body(self) -> bool:
        return self.method in ("POST", "PUT", "PATCH")


def _plain(schema: Any) -> Any:
    """A schema without what the generated models add of their own."""
    if isinstance(schema, list):
        return [_plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    # "oneOf" of value types: several have the same members, so that one value fits two
    found = {("anyOf" if key == "oneOf" else key): _plain(value) for key, value in schema.items()}
    found.pop("discriminator", None)
    if isinstance(found.get("default"), str):
        del found["default"]  # "~?~unset~?~sentinel~?~"
    return found


def _closed(schema: Any) -> Any:
    """A schema that takes no member it does not name: an answer may not make up a field."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {
        key: {name: _closed(each) for name, each in value.items()}
        if key in ("properties", "$defs") and isinstance(value, dict)
        else _closed(value)
        for key, value in schema.items()
    }
    if found.get("type") == "object" and isinstance(found.get("properties"), dict):
        found.setdefault("additionalProperties", False)
    return found


def _operation(name: str, found: dict[str, Any]) -> Operation:
    method, template = name.split(" ")
    request = _plain(found["request"]) or {"properties": {}}
    shared = {"$defs": request.get("$defs", {})}
    in_path = set(_NAME.findall(template))
    given = {key: value for key, value in request["properties"].items() if key not in in_path}
    required = frozenset(request.get("required", ())) & set(given)
    body: Any = None
    if "request_body" in given:  # beside parameters of the path or the query
        body = {**shared, **given.pop("request_body")}
    elif method in ("POST", "PATCH") and given:  # the members of the body themselves
        body = {**shared, "type": "object", "properties": given, "required": sorted(required)}
        given, required = {}, frozenset()
    return Operation(
        method=method,
        template=template,
        stage=found["stage"],
        scopes=tuple(found["scopes"]),
        # one text that lists them ("`workspace`, `user`"); none of what needs no token
        levels=frozenset(re.findall(r"\w+", " ".join(found["levels"]))),
        is_described=found["request"] is not None,
        query={key: {**shared, **value} for key, value in given.items()},
        required=required - {"request_body"},
        body=body,
        is_form=body is not None and "file" in body.get("properties", {}),
        responses={int(code): _closed(_plain(each)) for code, each in found["responses"].items()},
    )


def is_union(schema: Any, root: Any) -> bool:
    """Whether a member takes one of several forms, null aside."""
    if "$ref" in schema:
        return is_union(root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    forms = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    return len(forms) > 1 or (len(forms) == 1 and is_union(forms[0], root))


class Specification:
    """The description, and what is valid by it."""

    def __init__(self, shared: Path) -> None:
        """Read it from the folder of shared data."""
        described: dict[str, Any] = json.loads((shared / FILE).read_text("utf-8"))
        self.operations = {name: _operation(name, each) for name, each in described.items()}
        self._validators: dict[int, Draft202012Validator] = {}
        self._schemas: list[Any] = []  # kept, so that their ids stay their own

    def operation(self, method: str, path: str) -> Operation:
        """The operation of a request; literal segments win over parameters."""
        parts = path.partition("?")[0].split("/")
        for each in sorted(self.operations.values(), key=lambda each: len(each.names)):
            names = each.template.split("/")
            fits = len(names) == len(parts) and all(
                n == p or n.startswith("{") for n, p in zip(names, parts, strict=True)
            )
            if fits and each.method == method:
                return each
        raise AssertionError(f"{method} {path} is not in the description")

    def problems(self, schema: Any, value: Any) -> list[tuple[str, str]]:
        """What is wrong with a value by its schema: the places, and what is wrong there."""
        errors = self._validator(schema).iter_errors(value)
        return [(each.json_path, each.message[:300]) for each in errors]

    def _validator(self, schema: Any) -> Draft202012Validator:
        validator = self._validators.get(id(schema))
        if validator is None:  # once a schema: there are thousands of bodies
            validator = Draft202012Validator(schema, format_checker=_FORMATS)
            self._validators[id(schema)] = validator
            self._schemas.append(schema)
        return validator

    def lacks(self, schema: Any, value: Any, path: tuple[Any, ...]) -> Any:
        """The schema of the member at `path`, where all that is wrong is that it is not there."""
        errors = list(self._validator(schema).iter_errors(value))
        if [(e.validator, tuple(e.absolute_path)) for e in errors] != [("required", path[:-1])]:
            return None
        return errors[0].schema["properties"][path[-1]]

    def answer_problems(self, operation: Operation, status: int, body: Any) -> list[str]:
        """What is wrong with an answer: a status or a body that the operation does not have."""
        if status >= 400:
            found = self.problems(_REFUSALS.setdefault(status, _refusal(status)), body)
            return [f"{place}: {message}" for place, message in found]
        if status not in operation.responses:
            known = STATUSES.get(operation.name)
            return [] if status == known else [f"status {status}: {body}"]
        found = self.problems(operation.responses[status], body)
        told = [f"{place}: {message}" for place, message in found]
        return [each for each in told if not any(fact.covers(operation, each) for fact in ANSWERS)]


_REFUSALS: dict[int, Any] = {}
