"""The source as a file: what ``stat`` says of it, what can be wrong with it, and the text of its triggers."""
