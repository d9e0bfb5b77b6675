"""A replica in DuckLake follows a source in PostgreSQL as one in a file does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.engine.replica.lake.given import lake_at
from tests.engine.replica.postgres.followed import TABLES, Followed
from tests.postgres import Cluster


def test_it_equals_the_source_after_new_changed_and_deleted_rows(cluster: Cluster, tmp_path: Path) -> None:
    followed = Followed(cluster.create_database(), tmp_path)
    lake = lake_at(cluster.create_database(), tmp_path / "lake")
    followed.order = replace(followed.order, lake=lake)
    try:
        with followed.connect() as pipeline:
            pipeline.execute(TABLES)
            pipeline.execute(
                "insert into sites (domain, status, updated_at) select 'site' || n, 'found', now()"
                " from generate_series(1, 300) n"
            )
            followed.sync()
            followed.assert_equal()
            pipeline.execute("update sites set status = 'scored' where id % 10 = 0")
            pipeline.execute("delete from sites where id % 7 = 0")
            pipeline.execute("insert into sites (domain) values ('another')")
            followed.sync()
        followed.assert_equal()
        assert not (tmp_path / "replica.duckdb").exists()
    finally:
        followed.close()
