"""What a lake's catalog says about its tables: how many files each has, and what maintenance they need."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import datetime

from engine.replica.lake.catalog import Claim

FILE_MB = 64
"""So large are the files that maintenance makes of small ones."""
WITH_DELETIONS = 3
"""So many files of a table may have deleted rows, if these are few."""
DELETED_SHARE = 0.2
"""A file that has lost more of its rows than this is written again."""
REWRITTEN_BYTES = FILE_MB * 1_000_000
"""Files are written again together until they are this large; the others follow by themselves."""

_FILES = f"""
select schema_name, table_name, t.table_id,
    count(*) filter (where deleted is null and file_size_bytes < {FILE_MB * 1_000_000}),
    coalesce(array_agg(deleted order by deleted, file_size_bytes) filter (where deleted is not null), '{{}}'),
    array_agg(file_size_bytes order by deleted, file_size_bytes) filter (where deleted is not null)
from ducklake_table t
join ducklake_schema s on s.schema_id = t.schema_id and s.end_snapshot is null
left join (
    select f.table_id, f.file_size_bytes,
        cast(d.delete_count as float8) / greatest(f.record_count, 1) as deleted
    from ducklake_data_file f
    left join ducklake_delete_file d on d.data_file_id = f.data_file_id and d.end_snapshot is null
    where f.end_snapshot is null
) live on live.table_id = t.table_id
where t.end_snapshot is null
group by 1, 2, 3
"""
_SIZES = """
select table_name, coalesce(sum(file_size_bytes), 0)
from ducklake_table t
join ducklake_schema s on s.schema_id = t.schema_id and s.end_snapshot is null and s.schema_name = 'main'
left join ducklake_data_file f on f.table_id = t.table_id and f.end_snapshot is null
where t.end_snapshot is null
group by 1
"""
_INLINED = (
    "select tablename from pg_tables where schemaname = current_schema()"
    " and tablename ~ '^ducklake_inlined_(data|delete)_[0-9]'"
)


@dataclass(frozen=True)
class WornFile:
    """A file with deleted rows: the share of its rows that it has lost, and its size."""

    share: float
    bytes: int


@dataclass(frozen=True)
class LakeTable:
    """One table of a lake.

    ``small_files`` have no deleted rows and may be merged. ``deleted`` has the files with deleted rows, those
    last that have lost the most. ``is_inlined`` says whether the catalog has rows of it.
    """

    schema: str
    name: str
    small_files: int
    deleted: tuple[WornFile, ...]
    is_inlined: bool

    @property
    def full_name(self) -> str:
        """Return the name with its schema."""
        return f"{self.schema}.{self.name}"

    @property
    def rewrite_thresholds(self) -> list[float]:
        """Return the thresholds to give to DuckLake, one after the other, because it takes no list of files.

        Each has those files written again that have lost a greater share of their rows, the most worn first.
        Files with deleted rows are never merged, so only a few may stay as they are: those that have lost
        the least.
        """
        worn_first = self.deleted[::-1]
        rewritten = max(
            sum(file.share > DELETED_SHARE for file in worn_first), len(worn_first) - WITH_DELETIONS
        )
        thresholds, at_once = [], 0
        for number, file in enumerate(worn_first[: max(rewritten, 0)], 1):
            at_once += file.bytes
            below = worn_first[number].share if number < len(worn_first) else 0.0
            if number == rewritten or (at_once >= REWRITTEN_BYTES and below < file.share):
                # Between the two, because a file whose share is the threshold may be written or not.
                thresholds.append((file.share + below) / 2 if below < file.share else 0.999 * file.share)
                at_once = 0
        return thresholds


def read_tables(claim: Claim) -> list[LakeTable]:
    """Return the tables of a lake, by schema and name. Raises ComputeError."""
    inlined = _inlined_tables(claim)
    tables = (
        LakeTable(schema, name, files, tuple(map(WornFile, shares, sizes or ())), table_id in inlined)
        for schema, name, table_id, files, shares, sizes in claim.rows(_FILES)
    )
    return sorted(tables, key=lambda table: table.full_name)


def sizes_of_tables(claim: Claim) -> list[tuple[str, int]]:
    """Return the tables of datasets, each with the bytes of its files. Raises ComputeError.

    DuckDB's own list would ask the catalog several times for each table.
    """
    return [(name, int(size)) for name, size in claim.rows(_SIZES)]


def _inlined_tables(claim: Claim) -> Set[int]:
    """Return the ids of the tables of which the catalog has rows, or notes of deleted ones."""
    names = [name for (name,) in claim.rows(_INLINED)]
    found = [f"select {name.split('_')[3]} where exists (select from {name})" for name in names]
    return {table_id for (table_id,) in claim.rows(" union ".join(found))} if found else set()


def old_states(claim: Claim, until: datetime) -> list[int]:
    """Return the numbers of the states made up to a time, oldest first, without the newest.

    Raises ComputeError.
    """
    numbers = claim.rows(
        "select snapshot_id from ducklake_snapshot where snapshot_time <= ?"
        " and snapshot_id < (select max(snapshot_id) from ducklake_snapshot) order by 1",
        [until],
    )
    return [number for (number,) in numbers]


def times_of_deletion(claim: Claim, until: datetime) -> list[datetime]:
    """Return since when files have been waiting for deletion, up to a time, oldest first.

    Raises ComputeError.
    """
    waiting = "select distinct schedule_start from ducklake_files_scheduled_for_deletion"
    return [instant for (instant,) in claim.rows(f"{waiting} where schedule_start <= ? order by 1", [until])]
