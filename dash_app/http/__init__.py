"""What the server answers beside pages: the API, metrics, and how all answers leave it."""
