"""Connections of Python's ``sqlite3`` to the source: opened, kept open and closed here alone."""
