"""The middlewares between a client and the app, one a file; ``dash_app.http.stack`` puts them in order."""
