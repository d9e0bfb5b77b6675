"""Who runs when: the queue of a process, the run lock over all processes, and requests that join a run."""
