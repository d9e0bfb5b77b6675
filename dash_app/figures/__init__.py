"""One pure function for each chart: a dataset's columns and the view in, a plain-dict figure out."""
