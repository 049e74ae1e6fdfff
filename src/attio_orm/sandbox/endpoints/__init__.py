"""The handlers of the API, one module per resource, and the table of their routes."""
