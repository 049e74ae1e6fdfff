"""One record in memory: state, rows, assignment, references, loading, plain forms."""
