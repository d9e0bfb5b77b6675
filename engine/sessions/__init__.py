"""Login: sessions, tokens, one-time links, counts of failures and passwords.

All of it is in a small SQLite file of its own in the state directory, never in the source; with the cache in
PostgreSQL it is there. ``store``, ``tokens`` and ``limits`` read and write it, by a ``SessionStorage``.
"""
