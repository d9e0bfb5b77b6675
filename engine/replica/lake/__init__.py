"""The replica in DuckLake: its catalog in PostgreSQL, its files in a folder or in S3."""
