"""Child processes of runs: how one is started, asked, shared, and killed when it is silent for too long."""
