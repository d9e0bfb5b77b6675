"""Places: addresses of HTTP, PostgreSQL and lakes, named sources, and the secrets that no address shows."""
