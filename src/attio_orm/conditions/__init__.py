"""The language of queries: ``Q``, paths of lookups, expressions. It knows no types, no models."""
