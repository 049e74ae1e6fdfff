"""A small service on asyncio: several workers share one connection, each with its own session.

    python examples/async_app.py

Every method that talks to Attio has a twin that begins with ``a``; the rest is the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from attio_orm import Company, Connection, Deal, Person, aconnect
from attio_orm.signals import post_save

WORKERS = 4


async def announce(sender: type[Deal], *, instance: Deal, changes: Any, **_: Any) -> None:
    """A receiver may be a coroutine function: the a-methods await it."""
    await asyncio.sleep(0)  # e.g. posting to a chat
    if "stage" in changes:
        print(f"  {instance.name}: {changes['stage'].old} -> {instance.stage}")


async def stalled(limit: int) -> AsyncIterator[Deal]:
    """The largest deals that are still under way, read page by page."""
    deals = Deal.objects.filter(stage="In Progress", associated_company__isnull=False)
    async for deal in deals.order_by("-value").includes("associated_company")[:limit]:
        yield deal


async def work(connection: Connection, waiting: asyncio.Queue[str], done: list[str]) -> None:
    """Take deal ids and win them, until none is left."""
    with connection.session(ttl=60):
        while not waiting.empty():
            deal = await Deal.objects.aget(id=waiting.get_nowait())
            deal.stage = "Won 🎉"
            await deal.asave()
            # Nothing is loaded behind an await's back: relations are included, or asked for.
            await deal.aload("associated_company")
            if deal.associated_company is not None:
                done.append(deal.associated_company.name or "")


async def main() -> None:
    async with aconnect("sandbox://?seed=crm") as connection:
        ada, acme, leads = await asyncio.gather(
            Person.objects.aget(email_addresses="ada@lovelace.dev"),
            Company.objects.aget(domains="acme.example.com"),
            Deal.objects.filter(stage="Lead").acount(),
        )
        print(f"{ada.name} would like to meet {acme.name}; {leads} leads are waiting.")

        waiting: asyncio.Queue[str] = asyncio.Queue()
        async for deal in stalled(12):
            assert deal.id is not None
            waiting.put_nowait(deal.id)
        print(f"{waiting.qsize()} deals to win:")

        done: list[str] = []
        with post_save.connected_to(announce, sender=Deal):
            await asyncio.gather(*(work(connection, waiting, done) for _ in range(WORKERS)))
        print(f"Won {len(done)} of them, from {len(set(done))} companies.")


if __name__ == "__main__":
    asyncio.run(main())
