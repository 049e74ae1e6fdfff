"""Queries: compiled to Attio's language, read page by page, with what they include."""
