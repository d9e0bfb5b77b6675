"""The benchmark: measures the product beside plain SQLite and DuckDB over the attached file.

Works in a folder of its own, on databases that it makes itself; the user's are never touched.
The harness knows no case, a case no command line.
"""
