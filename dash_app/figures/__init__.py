"""One pure function for each chart: a dataset's columns and the view in, a Plotly figure as a plain dict out."""
