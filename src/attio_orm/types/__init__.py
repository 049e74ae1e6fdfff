"""Attribute types, a module a family: wire form, value, lookups, expression, declared attribute."""
