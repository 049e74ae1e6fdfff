"""The notes of the made-up CRM."""

from __future__ import annotations

from attio_sandbox.resources.notes import markdown
from attio_sandbox.seeding import Seeding
from attio_sandbox.timestamps import format_timestamp

NOTES = 400
_TITLES = ("First call", "Demo", "Pricing", "Follow-up", "Renewal", "Kick-off", "Open questions")
_NOTES = (
    "# Summary\n\n- Wants a **pilot** in spring\n- Budget is ==not signed off==\n\n"
    "Next: send the [proposal](https://example.com/proposal).",
    "## Open questions\n\n1. Single sign-on?\n2. Data in the EU\n3. ~~Invoices in yen~~ solved",
    "Spoke for *twenty* minutes. Happy with the product, unhappy with the reports.",
    "### People\n\n- Decides: the CFO\n- Uses it: the whole sales team",
    "Asked for references from their own trade.",
)


def seed(seeding: Seeding) -> None:
    """Add notes to people, companies and deals."""
    pick = seeding.activities
    for _ in range(NOTES):
        num, since = seeding.some_record()
        text = pick.choice(_NOTES)
        seeding.database.insert(
            "notes",
            id=seeding.ids.new(),
            record=num,
            title=pick.choice(_TITLES),
            plaintext=markdown.to_plaintext(text),
            markdown=markdown.normalise(text),
            actor=pick.choice(seeding.members),
            created_at=format_timestamp(seeding.after(since, pick)),
        )
