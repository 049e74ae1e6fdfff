"""Attio's specification as these tests use it: its operations, and validators of both ways."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator, FormatChecker

METHODS = ("get", "post", "put", "patch", "delete")


def lenient(schema: Any) -> Any:
    """Accept what the live API sends and the specification does not, by facts.md section 13."""
    if isinstance(schema, list):
        return [lenient(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    # "oneOf" of value types: several have the same members, so that one value fits two.
    found = {("anyOf" if k == "oneOf" else k): lenient(v) for k, v in schema.items()}
    if found.pop("nullable", False) and "type" in found:
        found["type"] = [found["type"], "null"]
    if isinstance(found.get("enum"), list) and "null" in str(found.get("type")):
        found["enum"] = [*found["enum"], None]
    if "resolved_by" in found:  # of an open comment it is null (facts.md 16)
        found["resolved_by"] = {"anyOf": [found["resolved_by"], {"type": "null"}]}
    return found


class Operation(NamedTuple):
    """One operation: its method, the template of its path, and its schemas."""

    method: str
    template: str
    request: Any
    responses: dict[int, Any]

    @property
    def name(self) -> str:
        return f"{self.method} {self.template}"


class Specification:
    """openapi.json, and what is valid by it."""

    def __init__(self, path: Path) -> None:
        self.document: Any = lenient(json.loads(path.read_text()))
        self.operations = {each.name: each for each in self._operations()}

    def _operations(self) -> Iterator[Operation]:
        for template, item in self.document["paths"].items():
            for method in METHODS:
                if method not in item:
                    continue
                found = item[method]
                content = found.get("requestBody", {}).get("content", {})
                responses = {
                    int(status): response.get("content", {})
                    .get("application/json", {})
                    .get("schema")
                    for status, response in found["responses"].items()
                }
                request = content.get("application/json", {}).get("schema")
                yield Operation(method.upper(), template, request, responses)

    def operation(self, method: str, path: str) -> Operation:
        """The operation of a request; literal segments win over parameters."""
        parts = path.split("/")
        for template in sorted(self.document["paths"], key=lambda each: each.count("{")):
            names = template.split("/")
            fits = len(names) == len(parts) and all(
                n == p or n.startswith("{") for n, p in zip(names, parts, strict=True)
            )
            if fits and f"{method} {template}" in self.operations:
                return self.operations[f"{method} {template}"]
        raise AssertionError(f"{method} {path} is not in the specification")

    def problems(self, schema: Any, value: Any) -> list[str]:
        """What is wrong with a body by its schema."""
        whole = {**schema, "components": self.document["components"]}
        validator = Draft202012Validator(whole, format_checker=FormatChecker(["uuid"]))
        return [f"{e.json_path}: {e.message[:300]}" for e in validator.iter_errors(value)]

    def answer_problems(self, operation: Operation, status: int, body: Any) -> list[str]:
        """What is wrong with an answer: a status or a body that the operation does not have."""
        if status not in operation.responses:
            return [f"status {status} is not one of {sorted(operation.responses)}: {body}"]
        schema = operation.responses[status]
        if schema is None or status == 204:  # a 204 has no body, whatever schema it is given
            return []
        if status >= 400:
            # The codes of the specification are one a status; live ones are many.
            own = {k: v for k, v in schema["properties"].items() if k not in ("code", "type")}
            schema = {**schema, "properties": own}
        return self.problems(schema, body)
