"""Records and entries: stored, written, rendered, searched, merged."""
