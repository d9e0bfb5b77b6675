"""``python -m engine.model.catalogue`` compiles what the SQL files declare.

An installation runs it for a user who may not write beside the code, and would compile at each start.
"""

from engine.model.catalogue.datasets import catalogue, reports
from engine.model.catalogue.rollups import rollups
from engine.model.catalogue.staging import staging

if __name__ == "__main__":
    for load in (catalogue, reports, staging, rollups):
        load()
