"""What runs in the engine process: the source read by DuckDB, the replica, the datasets.

Nothing outside this folder imports duckdb or polars, and nothing inside it opens a database
with ``sqlite3``: two SQLite libraries in one process corrupt the file they share.
"""
