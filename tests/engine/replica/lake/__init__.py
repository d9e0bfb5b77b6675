"""The replica in DuckLake, over a PostgreSQL server of its own."""
