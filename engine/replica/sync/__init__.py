"""The replica: a DuckDB file with the source's tables as datasets need them, brought up to date by each run.

Within one snapshot of the source: ``prepare`` looks at what there is to do, ``copy`` fills what is far
behind, ``sync`` follows what has changed, ``audit`` and ``prove`` compare, and ``refresh`` puts them
in order. ``file`` opens the replica, ``state`` is what it remembers of itself. What it holds can
always be read from the source again: on any doubt it is made anew.
"""
