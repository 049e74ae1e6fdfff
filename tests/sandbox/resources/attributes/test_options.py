"""Options of selects, and statuses."""

from __future__ import annotations

from tests.sandbox.client import GHOST, Client, plain, record_id
from tests.sandbox.helpers import EMPTY


class TestOptions:
    path = "/v2/objects/companies/attributes/categories/options"

    def test_list_create_rename_archive(self, api: Client) -> None:
        before = api.data("GET", self.path)
        made = api.data("POST", self.path, {"data": {"title": "Pumps & Co/2"}})
        assert api.data("GET", self.path) == [*before, made]
        assert list(made["id"]) == ["workspace_id", "object_id", "attribute_id", "option_id"]
        assert (made["title"], made["is_archived"]) == ("Pumps & Co/2", False)
        key = record_id(api.create("companies", categories=["Pumps & Co/2"]))
        one = f"{self.path}/Pumps%20%26%20Co%2F2"
        renamed = api.data("PATCH", one, {"data": {"title": "Pumps"}})
        assert renamed == made | {"title": "Pumps"}
        assert plain(api.values("companies", key, "categories")) == ["Pumps"]
        assert api.ids("companies", {"categories": "Pumps"}) == [key]
        by_id = f"{self.path}/{made['id']['option_id']}"
        api.data("PATCH", by_id, {"data": {"is_archived": True}})
        assert api.data("GET", self.path) == before
        assert len(api.data("GET", self.path, show_archived="true")) == len(before) + 1

    def test_refusals(self, api: Client) -> None:
        answer = api.send("POST", self.path, {"data": {"title": "SAAS"}})
        assert answer.code == "409 slug_conflict"
        assert answer.json["message"] == (
            'There is already another select option with the title "SAAS".'
        )
        answer = api.send("PATCH", f"{self.path}/B2B", {"data": {"title": "SAAS"}})
        assert answer.code == "409 slug_conflict"
        assert api.send("PATCH", f"{self.path}/B2B", {"data": {"title": "B2B"}}).status == 200
        answer = api.send("PATCH", f"{self.path}/Ghost", {"data": {"title": "x"}})
        assert answer.code == "400 value_not_found"
        assert answer.json["message"] == (
            'Cannot find select attribute with select option title "Ghost".'
        )
        answer = api.send("PATCH", f"{self.path}/B2B", {"data": {}})
        assert (answer.code, answer.json["message"]) == ("400 validation_type", EMPTY)
        answer = api.send("PATCH", f"{self.path}/{GHOST}", {"data": {}})
        assert answer.code == "400 value_not_found"
        assert api.send("POST", self.path, {"data": {"title": ""}}).code == "400 validation_type"
        answer = api.send("GET", "/v2/objects/companies/attributes/name/options")
        assert answer.code == "400 validation_type"
        assert answer.json["message"] == "This attribute is not a select attribute."
        answer = api.send("GET", "/v2/objects/companies/attributes/ghost/options")
        assert answer.code == "404 not_found"


class TestStatuses:
    path = "/v2/objects/deals/attributes/stage/statuses"

    def test_list_create_update(self, api: Client) -> None:
        titles = [s["title"] for s in api.data("GET", self.path)]
        assert titles == ["Lead", "In Progress", "Won 🎉", "Lost"]
        data = {"title": "Paused", "celebration_enabled": True, "target_time_in_status": "P7D"}
        made = api.data("POST", self.path, {"data": data})
        assert {k: made[k] for k in data} == data
        assert made["id"]["status_id"]
        change = {"celebration_enabled": False, "target_time_in_status": None, "is_archived": True}
        changed = api.data("PATCH", f"{self.path}/Paused", {"data": change})
        assert changed == made | change
        won = api.data("PATCH", f"{self.path}/Won%20%F0%9F%8E%89", {"data": {"title": "Won"}})
        assert won["title"] == "Won"

    def test_refusals(self, api: Client) -> None:
        answer = api.send("POST", self.path, {"data": {"title": "Lead"}})
        assert answer.json["message"] == 'There is already another status with the title "Lead".'
        answer = api.send("PATCH", f"{self.path}/Ghost", {"data": {"title": "x"}})
        assert answer.json["message"] == (
            'Cannot find status attribute with status option title "Ghost".'
        )
        for duration in ("7 days", "P", "PT", "P1DT"):
            bad = {"data": {"title": "x", "target_time_in_status": duration}}
            assert api.send("POST", self.path, bad).code == "400 validation_type"
        answer = api.send("GET", "/v2/objects/deals/attributes/name/statuses")
        assert answer.json["message"] == "This attribute is not a status attribute."
