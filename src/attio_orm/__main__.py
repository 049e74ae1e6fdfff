"""``python -m attio_orm``: the same as the command ``attio-orm``."""

from __future__ import annotations

import sys

from attio_orm.cli import main

if __name__ == "__main__":
    sys.exit(main())
