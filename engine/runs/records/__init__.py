"""What a run leaves to be read: its log line, its summary, and its row in the pipeline's job log."""
