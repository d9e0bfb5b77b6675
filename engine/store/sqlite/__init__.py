"""Python's ``sqlite3`` on the source and a store apart: every connection is opened and closed here."""
