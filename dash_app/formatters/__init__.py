"""What a dataset says in words and digits: formats, numbers with their labels, tables."""
