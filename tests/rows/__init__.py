"""Which rows a number counts, for every dataset."""
