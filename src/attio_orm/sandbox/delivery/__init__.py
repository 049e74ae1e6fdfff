"""Webhooks on their way: what is owed to whom, how it is signed, carried and tried again."""
