"""Text at the edges: quoted for SQL, read as a time stamp, made one plain line."""
