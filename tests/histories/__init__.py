"""Random histories of a source database, after which its replica is held against the source, row by row.

A history is a script of lines: SQL of the pipeline, and directives for what else happens (a sync,
another file in the source's place). It is drawn from a seed while it is performed, printed when
the replica turns out to differ, and can be performed again from that print::

    HISTORIES=3000 pytest tests/histories               # so many of each kind, 1 if not said
    HISTORY_SEED=417 pytest tests/histories -k odd      # one of them
    python -m tests.histories.shrink failed.sql         # the shortest script that still fails
"""
