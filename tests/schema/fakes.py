"""A small workspace as Attio's configuration endpoints tell of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

from attio_orm.schema import Schema
from tests.api.fakes import Reply, fake, segments

PEOPLE, COMPANIES = "object-people", "object-companies"


def attribute(slug: str, type: str = "text", **more: Any) -> dict[str, Any]:
    """An attribute as Attio gives it; ``more`` overrides its members."""
    return {
        "id": {"workspace_id": "w", "object_id": "o", "attribute_id": f"id-{slug}"},
        "title": slug.replace("_", " ").capitalize(),
        "description": None,
        "api_slug": slug,
        "type": type,
        "is_system_attribute": False,
        "is_writable": True,
        "is_required": False,
        "is_unique": False,
        "is_multiselect": False,
        "is_default_value_enabled": False,
        "is_archived": False,
        "default_value": None,
        "relationship": None,
        "created_at": "2026-01-05T09:00:00.000000000Z",
        "config": {
            "currency": {"default_currency_code": None, "display_type": None},
            "record_reference": {"allowed_object_ids": None},
        },
        **more,
    }


def reference(*ids: str) -> dict[str, Any]:
    return {
        "currency": {"default_currency_code": None, "display_type": None},
        "record_reference": {"allowed_object_ids": list(ids)},
    }


def an_object(slug: str, singular: str, plural: str) -> dict[str, Any]:
    return {
        "id": {"workspace_id": "w", "object_id": f"object-{slug}"},
        "api_slug": slug,
        "singular_noun": singular,
        "plural_noun": plural,
        "created_at": "2026-01-05T09:00:00.000000000Z",
    }


def option(title: str, **more: Any) -> dict[str, Any]:
    id = {"workspace_id": "w", "object_id": "o", "attribute_id": "a", "option_id": f"id-{title}"}
    return {"id": id, "title": title, "is_archived": False, **more}


class FakeWorkspace:
    """Answers the configuration endpoints from ``objects``, ``attributes``, ``choices``..."""

    def __init__(self) -> None:
        self.objects = [
            an_object("people", "Person", "People"),
            an_object("companies", "Company", "Companies"),
        ]
        self.lists = [
            {
                "id": {"workspace_id": "w", "list_id": "list-sales"},
                "api_slug": "sales",
                "name": "Sales",
                "parent_object": ["companies"],
            }
        ]
        self.attributes: dict[str, list[dict[str, Any]]] = {
            "people": [
                attribute("name", "personal-name"),
                attribute("company", "record-reference", config=reference(COMPANIES)),
                attribute("level", "select"),
                attribute("nickname", is_archived=True),
                attribute("old_level", "select", is_archived=True),
            ],
            "companies": [attribute("domains", "domain", is_multiselect=True, is_unique=True)],
            "sales": [
                attribute("stage", "status"),
                attribute("partner", "record-reference", config=reference(PEOPLE)),
            ],
        }
        self.choices: dict[str, list[dict[str, Any]]] = {
            "level": [option("Junior"), option("Senior"), option("Gone", is_archived=True)],
            "stage": [{"id": {"status_id": "s1"}, "title": "Won 🎉", "is_archived": False}],
        }
        self.members = [
            {
                "id": {"workspace_id": "w", "workspace_member_id": "m1"},
                "first_name": "Ada",
                "last_name": "Lovelace",
                "email_address": "ada@lovelace.dev",
                "access_level": "admin",
            }
        ]
        self.backend, self.transport = fake(self.answer)
        self.schema = Schema(self.transport)

    def answer(self, method: str, path: str, body: Any) -> Any:
        match segments(path)[1:]:
            case ["objects"]:
                return {"data": self.objects}
            case ["lists"]:
                return {"data": self.lists}
            case ["workspace_members"]:
                return {"data": self.members}
            case ["objects" | "lists", slug, "attributes"] if slug in self.attributes:
                return {"data": self.attributes[slug]}
            case ["objects" | "lists", _, "attributes", slug, "options" | "statuses"]:
                return {"data": self.choices[slug]}
        message = f"Nothing at {path}."
        error = {"status_code": 404, "type": "invalid_request_error", "code": "not_found"}
        raise Reply(404, {**error, "message": message})

    @property
    def sent(self) -> list[str]:
        """The paths asked for since the last look."""
        paths = [path for _, path, _ in self.backend.requests]
        self.backend.requests.clear()
        return paths

    @property
    def sent_counts(self) -> Counter[str]:
        return Counter(self.sent)
