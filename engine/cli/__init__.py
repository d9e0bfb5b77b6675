"""The ``dashboard`` command: parses arguments, calls the engine and the web app, prints; decides nothing."""
