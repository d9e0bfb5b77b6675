"""Text at the edges: quoted for SQL, found as a timestamp, turned into one plain line."""
