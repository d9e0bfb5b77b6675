"""The soak: the dashboard beside a busy pipeline for as long as wanted, with what goes wrong in a life."""
