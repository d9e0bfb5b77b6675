"""The replica: a DuckDB file with the source's tables as datasets need them, synced by each run.

``refresh`` calls the steps in order. ``plan`` finds what is to be done, ``copy`` fills tables that are far
behind, ``table`` syncs one table, ``audit`` and ``full_audit`` compare rows with the source. ``file`` opens
the replica, and ``state`` stores how far each table has come. The replica holds nothing that the source does
not hold, so after any doubt it is deleted and rebuilt.
"""
