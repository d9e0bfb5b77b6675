"""The code of the engine process: it reads the source with DuckDB, syncs the replica, computes datasets.

Nothing outside this folder imports duckdb or polars, and nothing inside it opens a database
with ``sqlite3``: two SQLite libraries in one process corrupt the file they share.
"""
