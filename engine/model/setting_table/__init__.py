"""The table of settings: a row for each, what its text must be, and where the text is read."""
