"""Writes of records: a change set is gathered, checked, planned, sent and absorbed."""
