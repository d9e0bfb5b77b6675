"""HTTP beside the pages: the API, metrics, compression and delivery."""
