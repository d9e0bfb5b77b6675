"""What a person waits for in a browser: whole pages in Chromium, beside the same pages on Flask-Caching."""
