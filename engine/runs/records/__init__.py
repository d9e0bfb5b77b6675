"""A run that has ended: how it is stored, its log line and summary, its row in the pipeline's job log."""
