"""Login: sessions, tokens, one-time links, counts of failures and passwords.

All of it is in a small SQLite file of its own in the state directory, never in the source. ``store``,
``tokens`` and ``limits`` read and write it, by a ``SessionFile``.
"""
