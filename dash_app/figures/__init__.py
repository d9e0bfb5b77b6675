"""Figure functions: each takes a dataset's columns and the view, and returns a figure as a plain dict."""
