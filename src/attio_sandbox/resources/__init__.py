"""The resources of the API: routes, handlers and rules of each, and the table of all routes."""
