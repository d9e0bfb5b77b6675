"""The store in PostgreSQL: transactions, migrations, the version, the run lock."""
