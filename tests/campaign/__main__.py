"""A line on which all goes wrong: ``python -m tests.campaign [operations] [--seed N]``.

Random operations on a sandbox, by threads and by tasks, through a proxy that cuts, doubles,
delays, half-closes and garbles answers, while others change the same records. It prints how many
were acknowledged and are lost, doubled or overwritten, and what else has to be 0. ``--round N``
does one round of them again, with the same operations and faults where each worker has a
connection of its own. ``--over tls`` puts TLS on the line, ``--over proxy`` gets there by a proxy
that forwards, ``--over proxy-tls`` by one that tunnels TLS.

``--about resources`` writes notes, tasks, comments, files, list entries, histories and the schema
(``--about notes`` alone, and so on) while clocks jump; ``--redis`` keeps limits and cache in a
Redis that is stopped and started again; ``--about killed`` lets programs write, and kills them.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.campaign.campaign import KILLED, OPERATIONS, OPERATIONS_OF, RATE, campaign
from tests.campaign.proxy import WAYS
from tests.redis_server import RedisServer


def main(arguments: list[str]) -> int:
    """Run it, print what came of it, and give the exit code."""
    parser = argparse.ArgumentParser("python -m tests.campaign")
    parser.add_argument("operations", type=int, nargs="?", default=OPERATIONS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--round", type=int, action="append", help="this round alone")
    parser.add_argument("--rate", type=float, default=RATE, help="share of requests that fail")
    parser.add_argument("--without", action="append", default=[], help="this fault of the line")
    parser.add_argument("--over", choices=WAYS, default="plain", help="how to get there")
    parser.add_argument(
        "--about", choices=[*OPERATIONS_OF, KILLED], default="records", help="what is done"
    )
    parser.add_argument("--redis", action="store_true", help="limits and cache in one that stops")
    given = parser.parse_args(arguments)
    with ExitStack() as stack:
        redis = None
        if given.redis:
            redis = RedisServer(Path(stack.enter_context(TemporaryDirectory())))
            stack.callback(redis.stop)
        tally = campaign(
            given.operations, given.seed, rounds=given.round, rate=given.rate,
            without=given.without, over=given.over, about=given.about, redis=redis,
        )  # fmt: skip
    print(tally)
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
