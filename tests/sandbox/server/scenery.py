"""A workspace with everything that the page shows, and with text that is meant to break it."""

from __future__ import annotations

from typing import Any

import msgspec

from attio_sandbox import Workspace

HOSTILE = (
    "</td><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">'"
)
PEOPLE = "/v2/objects/people/records"


class Scenery:
    """Fills a workspace by its API; `person` is the id of the record that has all of it.

    `deal` and `call_` are the ids of a deal and of a phone call.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        workspace.receive("https://hooks.example/", lambda delivery: 200)
        workspace.receive("https://broken.example/", lambda delivery: 500)
        for host in ("hooks", "broken"):
            self.send(
                "POST",
                "/v2/webhooks",
                target_url=f"https://{host}.example/<b>",
                subscriptions=[
                    {"event_type": "record.updated", "filter": None},
                    {"event_type": "note.created", "filter": {"$and": []}},
                ],
            )
        workspace.define_attribute(
            "people", api_slug="rank", type="select", title=HOSTILE, options=[HOSTILE, "Captain"]
        )
        workspace.define_list("crew", f"Crew {HOSTILE}", "people")
        workspace.define_attribute("crew", target="lists", api_slug="berth", type="number")
        company = self.send("POST", "/v2/objects/companies/records", values={"name": HOSTILE})
        company_id = company["id"]["record_id"]
        values = {
            "name": "Ada Lovelace",
            "email_addresses": ["ada@lovelace.dev"],
            "job_title": "Countess",
            "description": HOSTILE,
            "rank": HOSTILE,
            "company": {"target_object": "companies", "target_record_id": company_id},
            "phone_numbers": ["+442079460018"],
            "primary_location": {
                **dict.fromkeys(("line_1", "line_2", "line_3", "line_4", "region"), None),
                **dict.fromkeys(("latitude", "longitude"), None),
                "locality": "London", "postcode": "SW1", "country_code": "GB",
            },
        }  # fmt: skip
        self.person: str = self.send("POST", PEOPLE, values=values)["id"]["record_id"]
        self.send("PATCH", f"{PEOPLE}/{self.person}", values={"job_title": "Analyst"})
        self.send(
            "POST",
            "/v2/lists/crew/entries",
            parent_record_id=self.person,
            parent_object="people",
            entry_values={"berth": 7},
        )
        parent = {"parent_object": "people", "parent_record_id": self.person}
        self.send("POST", "/v2/notes", title=HOSTILE, format="markdown", content=HOSTILE, **parent)
        link = {"target_object": "people", "target_record_id": self.person}
        self.send(
            "POST",
            "/v2/tasks",
            content=HOSTILE,
            format="plaintext",
            deadline_at="2026-05-01T10:00:00Z",
            is_completed=False,
            linked_records=[link],
            assignees=[{"workspace_member_email_address": "owner@sandbox.example"}],
        )
        member = self.get("/v2/workspace_members")[0]["id"]["workspace_member_id"]
        self.send(
            "POST",
            "/v2/comments",
            format="plaintext",
            content=HOSTILE,
            author={"type": "workspace-member", "id": member},
            record={"object": "people", "record_id": self.person},
        )
        deal = {
            "name": "Engine",
            "stage": "Lead",
            "owner": "owner@sandbox.example",
            "value": 1250.5,
        }
        self.deal: str = self.send("POST", "/v2/objects/deals/records", values=deal)["id"][
            "record_id"
        ]
        for slug, type, more in (
            ("person", "record-reference", {"allowed_objects": ["people"]}),
            ("summary", "text", {"title": HOSTILE}),
            ("outcome", "status", {"statuses": ["Asked", HOSTILE]}),
            ("fee", "currency", {}),
        ):
            workspace.define_attribute(
                "phone_calls", target="activities", api_slug=slug, type=type, **more
            )
        call = {"person": link, "summary": HOSTILE, "outcome": "Asked", "fee": 12}
        path = "/v2/activities/phone_calls/records"
        self.call_: str = self.send("POST", path, values=call)["id"]["record_id"]
        self.send("PATCH", f"{path}/{self.call_}", values={"outcome": HOSTILE})

    def get(self, path: str) -> Any:
        return self._ask("GET", path, b"")

    def send(self, method: str, path: str, **data: Any) -> Any:
        """The data of the answer to ``{"data": data}``."""
        return self._ask(method, path, msgspec.json.encode({"data": data}))

    def _ask(self, method: str, path: str, body: bytes) -> Any:
        headers = {"authorization": f"Bearer {self.workspace.token}"}
        reply = self.workspace.handle(method, path, headers=headers, body=body)
        assert reply.status == 200, reply.body
        return msgspec.json.decode(reply.body)["data"]
