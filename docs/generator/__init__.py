"""Makes docs/reference from the docstrings of the package: ``python -m docs.generator``."""
