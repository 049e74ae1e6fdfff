"""A nightly job: close the deals that nobody has moved for long, and report.

    python examples/script.py              # what would be done
    python examples/script.py --write      # do it
    python examples/script.py --days 90    # only those that have stood still for 90 days

It may run twice: what is done is not done again. Its exit status is 1 where a deal could not be
saved, so that cron or CI tells somebody. Runs on a sandbox; with ATTIO_API_KEY set, ``connect()``
alone is your own Attio.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from attio_orm import Connection, Deal, connect

log = logging.getLogger("nightly")


def stale(since: datetime) -> list[Deal]:
    """The deals in progress that have been in this stage since then or longer, largest first."""
    deals = Deal.objects.filter(stage="In Progress", stage__active_from__lte=since)
    return list(deals.includes("associated_company").order_by("-value"))


def close(deal: Deal) -> None:
    deal.stage = "Lost"
    deal.save(on_conflict="raise")  # where somebody moves it just now, they are right


def run(connection: Connection, since: datetime, *, write: bool) -> int:
    with connection.session():
        deals = stale(since)
        companies = Counter(
            deal.associated_company.name for deal in deals if deal.associated_company
        )
        total = sum(deal.value.amount for deal in deals if deal.value)
        log.info("%d deals of %d companies stand still: %s", len(deals), len(companies), total)
        if not write:
            log.info("nothing was written: add --write")
            return 0
        with connection.concurrent(workers=8) as batch:
            for deal in deals:
                batch.submit(close, deal)
        for deal, outcome in zip(deals, batch.results, strict=True):
            if not outcome.ok:
                log.error("%s: %s", deal.name, outcome.error)
        failed = sum(not outcome.ok for outcome in batch.results)
        log.info("%d closed, %d failed", len(deals) - failed, failed)
        return 1 if failed else 0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Close the deals that stand still.")
    parser.add_argument("--write", action="store_true", help="write; else only look")
    parser.add_argument("--days", type=int, default=30, help="how long they have stood still")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    with connect("sandbox://?seed=crm") as connection:
        since = datetime.now(UTC) - timedelta(days=options.days)
        return run(connection, since, write=options.write)


if __name__ == "__main__":
    sys.exit(main())
