"""Formatters: datasets as text, that is formats, KPIs and tables."""
