"""Tables of tokens, webhooks and what is delivered to them."""

from __future__ import annotations

TABLES = ""
