"""Live updates: the status that every open page gets over its socket."""
