"""PostgreSQL as the source: read by DuckDB's extension, in one repeatable-read snapshot for a whole sync.

``source`` attaches it, ``survey`` describes its tables, ``expressions`` has the SQL of their values,
``follow`` finds what has changed, and ``sync`` brings the replica to one snapshot.
"""
