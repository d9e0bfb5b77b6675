"""The numbers of all pages, computed by a real run from a real source."""
