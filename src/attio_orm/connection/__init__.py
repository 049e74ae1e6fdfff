"""One workspace: its transport, its schema, its sessions; which connection is current."""
