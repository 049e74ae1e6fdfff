"""Queries: conditions, querysets, their compilation to Attio's filters, paging, includes."""
