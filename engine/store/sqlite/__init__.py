"""Python's ``sqlite3`` on the source: every connection is opened, kept open and closed in this package."""
