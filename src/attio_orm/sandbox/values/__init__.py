"""The 17 attribute types: what each takes, stores, gives back and can be filtered by."""
