"""The ``dashboard`` command: parses words, calls the engine, prints; decides nothing itself."""
