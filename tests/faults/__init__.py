"""Faults that happen for real: processes are killed and stopped, files truncated, limits set."""
