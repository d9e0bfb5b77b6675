"""Several sources in one process: the router before their apps, and the pages that belong to all of them."""
