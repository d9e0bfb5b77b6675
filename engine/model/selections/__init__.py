"""Selections: a dataset with another range, with filters, or with the period before beside it."""
