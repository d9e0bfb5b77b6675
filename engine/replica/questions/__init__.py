"""Answers questions in the engine process, from the replica that it holds."""
