"""The web app: shell, pages, cards and figures over the cache; imports no DuckDB and no Polars."""
