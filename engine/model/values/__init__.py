"""Values of datasets between the engine process and a page: results, stored bytes, fingerprints, receipts."""
