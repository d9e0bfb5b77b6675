"""The case of serving: a load from a process of its own on the product and on a Flask-Caching Dash app."""
