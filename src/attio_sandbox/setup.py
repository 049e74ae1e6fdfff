"""What tests do to a workspace directly: members, objects, lists, attributes, bulk loads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Literal

import msgspec

from attio_sandbox.engine import Engine
from attio_sandbox.errors import Refusal
from attio_sandbox.filters.queries import Query
from attio_sandbox.filters.totals import Totals, add_up
from attio_sandbox.records.loading import load_entries, load_records
from attio_sandbox.requests import Call
from attio_sandbox.resources.emails import add_email
from attio_sandbox.resources.meetings.handlers import add_synced_meeting
from attio_sandbox.resources.registry import SETUP_ROUTER
from attio_sandbox.resources.views import add_view
from attio_sandbox.schema import Collection
from attio_sandbox.timestamps import format_timestamp

Target = Literal["objects", "lists", "activities"]


class SetUp:
    """Arranges a workspace without requests: it takes no token, meets no fault and no limit."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def together(self) -> AbstractContextManager[None]:
        """Make all that a `with` block arranges whole, or nothing of it where the block raises."""
        return self._engine.together()

    def _do(self, method: str, path: str, json: Any) -> Any:
        try:
            reply = self._engine.run(SETUP_ROUTER.find(method, path), {}, json)
        except Refusal as refusal:
            raise ValueError(f"{method} {path}: {refusal.explained}") from refusal
        return msgspec.json.decode(reply.body)["data"]

    def write(self, method: str, path: str, json: Any) -> Any:
        """Do what a request that writes does and give its `data`.

        It takes no token, meets no fault or limit and is not in `requests`. Raises ValueError where
        Attio would refuse it; its `__cause__` is the `Refusal`.
        """
        return self._do(method, path, json)

    def look_up(
        self, path: str, *, params: Mapping[str, str] | None = None, json: Any = None
    ) -> Any:
        """Give the `data` that a read is answered with: a GET, or a POST query where there is JSON.

        It is not a request: it takes no token, meets no fault or limit and is not in `requests`.
        Raises ValueError where Attio would refuse it, or it would write.
        """
        method = "GET" if json is None else "POST"
        try:
            match = SETUP_ROUTER.find(method, path)
            if match.route.writes:
                raise ValueError(f"{method} {path} writes: send it with handle().")
            reply = self._engine.run(match, params or {}, json)
            return msgspec.json.decode(reply.body)["data"]
        except Refusal as refusal:
            raise ValueError(f"{method} {path}: {refusal.explained}") from refusal

    def count(self, slug: str, *, target: Target = "objects") -> int:
        """Count the records of an object or an activity, or the entries of a list.

        Raises ValueError where there is no such one.
        """
        with self._engine.call(writes=False) as call:
            found = _collection(call, slug, target)
            query = "SELECT count(*) FROM records WHERE object = ?"
            return int(call.database.row(query, (found.num,))[0])

    def add_up(
        self,
        slug: str,
        *,
        target: Target = "objects",
        filter: Mapping[str, Any] | None = None,
        by: str | None = None,
    ) -> Totals:
        """Count what a filter takes and add its money up, by the options of attribute `by` too.

        Sums are exact, and each is of one currency. Raises ValueError where Attio would refuse
        the filter, or `by` is not a status or select.
        """
        with self._engine.call(writes=False) as call:
            found = _collection(call, slug, target)
            attribute = None if by is None else found.find(by)
            if by is not None and (attribute is None or attribute.type not in ("select", "status")):
                raise ValueError(f"{slug!r} has no status or select {by!r} to count by.")
            try:
                query = Query(found, call.schema, refuse_record_id_in=False)
                return add_up(call.database, query, filter or {}, attribute)
            except Refusal as refusal:
                raise ValueError(f"The filter of {slug!r}: {refusal.explained}") from refusal

    def add_member(
        self,
        email: str,
        *,
        first_name: str = "",
        last_name: str = "",
        access_level: Literal["admin", "member", "suspended"] = "member",
    ) -> str:
        """Add a workspace member and give their id; raises ValueError for an e-mail in use."""
        with self._engine.call(writes=True) as call:
            if call.schema.find_member(email) is not None:
                raise ValueError(f"The workspace has a member {email!r} already.")
            key = call.catalog.member(email, first_name, last_name, access_level)
            call.emit("workspace-member.created", {"workspace_member_id": key})
        return key

    def add_synced_meeting(
        self,
        title: str,
        start: str,
        end: str,
        participants: Iterable[str],
        *,
        description: str = "",
    ) -> str:
        """Add a meeting as the sync of a calendar does and give its id.

        `start` and `end` are times ("2026-03-01T10:00:00Z"), or dates of a meeting that lasts
        whole days, `participants` e-mail addresses, of the organizer first. The API cannot delete
        such a meeting. Raises ValueError where Attio would refuse it.
        """
        is_all_day = "T" not in start
        name = "date" if is_all_day else "datetime"
        data = {
            "title": title,
            "description": description,
            "start": {name: start},
            "end": {name: end},
            "is_all_day": is_all_day,
            "participants": [
                {"email_address": email, "is_organizer": not place, "status": "accepted"}
                for place, email in enumerate(participants)
            ],
        }
        with self._engine.call(writes=True) as call:
            try:
                return add_synced_meeting(call, {"data": data})
            except Refusal as refusal:
                raise ValueError(f"Meeting {title!r}: {refusal.explained}") from refusal

    def add_email(
        self,
        sender: str,
        to: Iterable[str],
        *,
        subject: str | None = None,
        sent_at: datetime | None = None,
        cc: Iterable[str] = (),
        bcc: Iterable[str] = (),
        reply_to: Iterable[str] = (),
        mailbox: str | None = None,
    ) -> str:
        """Add an e-mail to a mailbox and give its id; the API reads them and makes none.

        People are given as "Ada Lovelace <ada@example.com>", or by the address alone. It is sent
        now, unless told, and lies in the mailbox of a member: the one of the address `mailbox`,
        else the first who takes part, else the owner. What a member sent is outbound. Raises
        ValueError for a bad address, a time without a zone, and an unknown mailbox.
        """
        if sent_at is not None and sent_at.tzinfo is None:
            raise ValueError("sent_at has no time zone: give an aware datetime.")
        roles = (("from", [sender]), ("reply-to", reply_to), ("to", to), ("cc", cc), ("bcc", bcc))
        people = [(role, text) for role, texts in roles for text in texts]
        with self._engine.call(writes=True) as call:
            sent = call.now if sent_at is None else format_timestamp(sent_at)
            return add_email(call, people, subject, sent, mailbox)

    def define_object(self, api_slug: str, singular: str, plural: str) -> str:
        """Add an object as `POST /v2/objects` does and give its id.

        Raises ValueError where Attio would refuse it.
        """
        names = {"api_slug": api_slug, "singular_noun": singular, "plural_noun": plural}
        data = self._do("POST", "/v2/objects", {"data": names})
        return str(data["id"]["object_id"])

    def define_list(
        self,
        api_slug: str,
        name: str,
        parent_object: str,
        *,
        workspace_access: str | None = "full-access",
        workspace_member_access: Sequence[Mapping[str, str]] = (),
    ) -> str:
        """Add a list of records of `parent_object` as `POST /v2/lists` does and give its id.

        Raises ValueError where Attio would refuse it.
        """
        data = {
            "name": name,
            "api_slug": api_slug,
            "parent_object": parent_object,
            "workspace_access": workspace_access,
            "workspace_member_access": [dict(item) for item in workspace_member_access],
        }
        return str(self._do("POST", "/v2/lists", {"data": data})["id"]["list_id"])

    def define_activity(
        self,
        api_slug: str,
        singular: str,
        plural: str,
        *,
        extends: Literal["activities", "interactions", "calls", "emails"] = "activities",
    ) -> str:
        """Add an activity as `POST /v2/activities` does and give its id.

        Raises ValueError where Attio would refuse it, as without the plan that has them:
        `Workspace(billing_plan="enterprise")`.
        """
        names = {"api_slug": api_slug, "singular_noun": singular, "plural_noun": plural}
        data = self._do("POST", "/v2/activities", {"data": names | {"extends": extends}})
        return str(data["id"]["activity_id"])

    def define_attribute(
        self,
        slug: str,
        *,
        target: Target = "objects",
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
        """Add an attribute to an object, list or activity, with its options; give its id.

        `relationship` names the other side: `object`, `api_slug`, and optionally `title` and
        `is_multiselect`. Attio has no endpoint that adds attributes to activities: here it is
        done as for objects, without relationships. Raises ValueError where Attio would refuse it.
        """
        config: dict[str, Any] = {}
        if type == "currency":
            config["currency"] = {"default_currency_code": currency, "display_type": display_type}
        if allowed_objects:
            config["record_reference"] = {"allowed_objects": list(allowed_objects)}
        # Attio asks for all of these, also where they say nothing (facts.md 3).
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
        path = f"/v2/{target}/{slug}/attributes"
        with self.together():
            key = str(self._do("POST", path, {"data": data})["id"]["attribute_id"])
            for kind, titles in (("options", options), ("statuses", statuses)):
                for name in titles:
                    self._do("POST", f"{path}/{key}/{kind}", {"data": {"title": name}})
        return key

    def change_attribute(
        self, slug: str, attribute: str, *, target: Target = "objects", **changes: Any
    ) -> None:
        """Change an attribute as a PATCH does: its `title`, `is_archived` and so on.

        It is the only way for those of activities, for which Attio has no endpoint. Raises
        ValueError where Attio would refuse it.
        """
        path = f"/v2/{target}/{slug}/attributes/{attribute}"
        self._do("PATCH", path, {"data": changes})

    def define_choices(
        self, slug: str, attribute: str, titles: Iterable[str], *, target: Target = "objects"
    ) -> None:
        """Add options to a select attribute, or statuses to a status one, where they lack.

        Raises ValueError where Attio would refuse it.
        """
        path = f"/v2/{target}/{slug}/attributes/{attribute}"
        is_status = self.look_up(path)["type"] == "status"
        path += "/statuses" if is_status else "/options"
        # Archived ones are known as well: another of the same title is refused.
        known = {each["title"] for each in self.look_up(path, params={"show_archived": "true"})}
        with self.together():
            for title in dict.fromkeys(titles):
                if title not in known:
                    self._do("POST", path, {"data": {"title": title}})

    def add_view(
        self,
        slug: str,
        title: str,
        filter: Mapping[str, Any],
        *,
        target: Literal["objects", "lists"] = "objects",
        is_archived: bool = False,
    ) -> str:
        """Save a view of an object or list with a filter and give its id.

        Attio has no endpoint that makes views. Raises ValueError where the filter is refused.
        """
        with self._engine.call(writes=True) as call:
            collection = _collection(call, slug, target, "; define it first")
            # Compiled once, so that it is refused here and not by every query that uses it.
            try:
                Query(collection, call.schema, refuse_record_id_in=False).compile(filter)
            except Refusal as refusal:
                raise ValueError(f"View {title!r} of {slug!r}: {refusal.explained}") from refusal
            return add_view(call.catalog, collection, title, filter, is_archived=is_archived)

    def load(self, object_slug: str, rows: Iterable[Mapping[str, Any]]) -> list[str]:
        """Create many records in one transaction, as if by POST, and give their ids in order.

        Each row maps slugs to input values. Raises ValueError for the first row that Attio
        would refuse; then nothing is stored.
        """
        with self._engine.call(writes=True) as call:
            return load_records(call, object_slug, rows)

    def load_entries(
        self, list_slug: str, rows: Iterable[tuple[str, Mapping[str, Any]]]
    ) -> list[str]:
        """Create many entries in one transaction, as if by POST, and give their ids in order.

        Each row is the id of the parent record and the entry's input values by slug. Raises
        ValueError for the first row that Attio would refuse; then nothing is stored.
        """
        with self._engine.call(writes=True) as call:
            return load_entries(call, list_slug, rows)


def _collection(call: Call, slug: str, target: Target, advice: str = "") -> Collection:
    found = call.schema.find(target, slug)
    if found is None:
        raise ValueError(f"There is nothing of slug {slug!r} in {target}{advice}.")
    return found
