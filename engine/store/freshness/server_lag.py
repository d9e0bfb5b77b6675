"""The lag behind a source in PostgreSQL: rows with new keys, and rows whose own time says that they changed.

It is two round trips. A table is counted if its primary key is one integer, its changes if an index leads
through its cursor, a column of instants.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from engine.model.catalogue.staging import INCREMENTAL, staging
from engine.model.places.postgres_address import PostgresAddress
from engine.model.text.quoting import quote_identifier, quote_literal
from engine.store.freshness.source_tables import CAP, CappedCount
from engine.store.freshness.watermarks import Watermark

Counts = Mapping[Watermark, tuple[CappedCount, CappedCount | None]]
"""The new rows since each watermark, and the changed ones, None if they cannot be counted quickly."""


@dataclass(frozen=True)
class _Table:
    name: str
    key: str
    cursor: str | None


def count_on_server(address: PostgresAddress, watermarks: Iterable[Watermark], now: datetime) -> Counts:
    """Return the counts of the watermarks whose tables can be counted. Raises SourceError."""
    # What talks to a server takes a while to import, and most sources are files.
    from engine.postgres import reading

    given = tuple(dict.fromkeys(watermarks))
    if not given:
        return {}
    cursors = {
        table.source_table.lower(): (table.cursor or "").lower()
        for table in staging().values()
        if table.sync == INCREMENTAL
    }
    with reading(address) as connection:
        connection.execute("set local search_path to default")
        names = {watermark.table for watermark in given}
        found = connection.execute(
            _TABLES.format(names=", ".join(map(quote_literal, sorted(names))))
        ).fetchall()
        tables = {}
        for name, schema, key, leading in found:
            cursor = next((each for each in leading or () if each.lower() == cursors.get(name.lower())), None)
            quoted = f"{quote_identifier(schema)}.{quote_identifier(name)}"
            tables[name] = _Table(
                quoted, quote_identifier(key), None if cursor is None else quote_identifier(cursor)
            )
        wanted = [each for each in given if each.table in tables]
        if not wanted:
            return {}
        queries = [_query(place, tables[each.table], each, now) for place, each in enumerate(wanted)]
        rows = connection.execute(" union all ".join(queries)).fetchall()
    counts: dict[Watermark, tuple[CappedCount, CappedCount | None]] = {}
    for place, new, changed in rows:
        counts[wanted[place]] = (_capped(new), None if changed is None else _capped(changed))
    return counts


def _query(place: int, table: _Table, watermark: Watermark, now: datetime) -> str:
    new = f"select 1 from {table.name} where {table.key} > {int(watermark.last_id)} limit {CAP + 1}"
    changed = "null::bigint"
    if table.cursor is not None:
        since, until = (quote_literal(at.isoformat()) for at in (watermark.seen_at, now))
        changed = (
            f"(select count(*) from (select 1 from {table.name} where {table.cursor} >= {since}::timestamptz"
            f" and {table.cursor} < {until}::timestamptz and {table.key} <= {int(watermark.last_id)}"
            f" limit {CAP + 1}) as changed)"
        )
    return f"select {place}, (select count(*) from ({new}) as fresh), {changed}"


def _capped(rows: int) -> CappedCount:
    return CappedCount(min(rows, CAP), rows > CAP)


_TABLES = """
    select relation.relname::text, space.nspname::text, key_column.attname::text,
        (select array_agg(first_column.attname::text) from pg_index as other
            join pg_attribute as first_column
                on first_column.attrelid = other.indrelid and first_column.attnum = other.indkey[0]
            where other.indrelid = relation.oid and other.indisvalid and other.indpred is null
                and first_column.atttypid = 'timestamptz'::regtype)
    from pg_class as relation
    join pg_namespace as space on space.oid = relation.relnamespace
    join pg_index as key on key.indrelid = relation.oid and key.indisprimary and key.indnatts = 1
    join pg_attribute as key_column
        on key_column.attrelid = relation.oid and key_column.attnum = key.indkey[0]
    where relation.relname in ({names}) and relation.relkind in ('r', 'p')
        and pg_table_is_visible(relation.oid)
        and key_column.atttypid in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype)
"""
