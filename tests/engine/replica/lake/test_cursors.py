"""The connections on which the datasets of a run read a lake: all see one state of it, until one fails."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from engine.replica.lake.attach import LakeToOpen
from engine.replica.lake.catalog import claimed
from engine.replica.lake.held import LakeReplica
from engine.replica.source import connect_duckdb
from engine.replica.stand_ins import standing_in
from tests.engine.replica.lake.given import lake_at
from tests.postgres import Cluster


def test_a_failed_dataset_keeps_its_error_and_leaves_its_connection_to_the_next(
    cluster: Cluster, tmp_path: Path
) -> None:
    with (
        claimed(lake_at(cluster.create_database(), tmp_path / "lake"), None) as claim,
        closing(connect_duckdb(1 << 30, None, None, LakeToOpen(claim))) as connection,
    ):
        connection.execute("create table replica.texts as select 'a' as text")
        held = LakeReplica(connection)
        held.claim = claim
        with held.cursors((), 1) as (cursor,):
            connection.execute("insert into replica.texts values ('b')")
            with pytest.raises(duckdb.ConversionException), standing_in(cursor, ["system_metrics"]):
                assert cursor.execute("select count(*) from system_metrics").fetchall() == [(0,)]
                cursor.execute("select cast(text as integer) from texts").fetchall()
            held.renew(cursor)
            with standing_in(cursor, ["system_metrics"]):
                assert cursor.execute("select count(*) from system_metrics").fetchall() == [(0,)]
            # All datasets of a run see one state, which a failed one ends.
            assert cursor.execute("from texts order by text").fetchall() == [("a",), ("b",)]
            connection.execute("insert into replica.texts values ('c')")
            assert cursor.execute("select count(*) from texts").fetchall() == [(2,)]
            held.renew(cursor)
            assert cursor.execute("select count(*) from texts").fetchall() == [(3,)]
