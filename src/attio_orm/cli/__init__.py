"""The command ``attio-orm``."""

from attio_orm.cli.command import main

__all__ = ["main"]
