"""What tests do to a workspace directly: members, objects, attributes, records in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from attio_orm.sandbox.catalog import Catalog
from attio_orm.sandbox.changes import Changes
from attio_orm.sandbox.clock import Clock
from attio_orm.sandbox.endpoints.table import ROUTER
from attio_orm.sandbox.errors import Refusal
from attio_orm.sandbox.ids import Ids
from attio_orm.sandbox.loading import load_records
from attio_orm.sandbox.replies import Reply
from attio_orm.sandbox.routes import Match
from attio_orm.sandbox.schema import Schema
from attio_orm.sandbox.storage import Database
from attio_orm.sandbox.timestamps import format_moment


class SetUp:
    """The part of a workspace that arranges it without requests."""

    clock: Clock
    _database: Database
    _schema: Schema
    _ids: Ids
    _actor: int

    def _read_schema(self) -> None:
        raise NotImplementedError

    def _run(self, match: Match, params: Mapping[str, str], json: Any) -> Reply:
        raise NotImplementedError

    def _do(self, method: str, path: str, json: Any) -> Any:
        try:
            reply = self._run(ROUTER.find(method, path), {}, json)
        except Refusal as refusal:
            details = "".join(f" {i.message} at {i.path}." for i in refusal.issues)
            raise ValueError(f"{method} {path}: {refusal.message}{details}") from refusal
        return msgspec.json.decode(reply.body)["data"]

    def add_member(
        self,
        email: str,
        *,
        first_name: str = "",
        last_name: str = "",
        access_level: Literal["admin", "member", "suspended"] = "member",
    ) -> str:
        """Add a workspace member and give their id; raises ValueError for an e-mail in use."""
        with self._database.lock:
            if self._schema.find_member(email) is not None:
                raise ValueError(f"The workspace has a member {email!r} already.")
            with self._database.transaction(writes=True):
                catalog = Catalog(self._database, self._ids, format_moment(self.clock.now()))
                key = catalog.member(email, first_name, last_name, access_level)
            self._read_schema()
        return key

    def define_object(self, api_slug: str, singular: str, plural: str) -> str:
        """Add an object as `POST /v2/objects` does and give its id.

        Raises ValueError where Attio would refuse it.
        """
        names = {"api_slug": api_slug, "singular_noun": singular, "plural_noun": plural}
        data = self._do("POST", "/v2/objects", {"data": names})
        return str(data["id"]["object_id"])

    def define_attribute(
        self,
        object_slug: str,
        *,
        api_slug: str,
        type: str,
        title: str | None = None,
        description: str | None = None,
        is_multiselect: bool = False,
        is_required: bool = False,
        is_unique: bool = False,
        options: Iterable[str] = (),
        statuses: Iterable[str] = (),
        allowed_objects: Sequence[str] | None = None,
        relationship: Mapping[str, Any] | None = None,
        currency: str = "USD",
        display_type: str = "symbol",
        default_value: Mapping[str, Any] | None = None,
    ) -> str:
        """Add an attribute, with its options or statuses, through the API and give its id.

        `relationship` names the other side: `object`, `api_slug`, and optionally `title` and
        `is_multiselect`. Raises ValueError where Attio would refuse it.
        """
        config: dict[str, Any] = {}
        if type == "currency":
            config["currency"] = {"default_currency_code": currency, "display_type": display_type}
        if allowed_objects:
            config["record_reference"] = {"allowed_objects": list(allowed_objects)}
        data: dict[str, Any] = {
            "title": title or api_slug.replace("_", " ").capitalize(),
            "description": description,
            "api_slug": api_slug,
            "type": type,
            "is_required": is_required,
            "is_unique": is_unique,
            "is_multiselect": is_multiselect,
            "config": config,
        }
        if default_value is not None:
            data["default_value"] = dict(default_value)
        if relationship is not None:
            other = {"is_multiselect": False, **relationship}
            other.setdefault("title", str(other["api_slug"]).replace("_", " ").capitalize())
            data["relationship"] = other
        path = f"/v2/objects/{object_slug}/attributes"
        key = str(self._do("POST", path, {"data": data})["id"]["attribute_id"])
        for kind, titles in (("options", options), ("statuses", statuses)):
            for name in titles:
                self._do("POST", f"{path}/{key}/{kind}", {"data": {"title": name}})
        return key

    def load(self, object_slug: str, rows: Iterable[Mapping[str, Any]]) -> list[str]:
        """Create many records in one transaction, as if by POST, and give their ids in order.

        Each row maps slugs to input values. Raises ValueError for the first row that Attio
        would refuse; then nothing is stored.
        """
        with self._database.lock, self._database.transaction(writes=True):
            moment = self.clock.now()
            changes = Changes(self._database, self._schema, format_moment(moment), self._actor)
            return load_records(changes, object_slug, rows, self._ids, moment)
