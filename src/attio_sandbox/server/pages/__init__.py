"""The page that shows a workspace in a browser: read-only, rendered here, nothing loaded."""
