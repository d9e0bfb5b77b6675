"""Describes the tables of a source in PostgreSQL: their columns, their key, and whether changes show.

A survey takes two short statements, whatever the tables' size.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.model.catalogue.staging import FULL, VISIBLE, StagedColumn, StagedTable
from engine.model.text.quoting import quote_identifier, quote_literal
from engine.replica.postgres.expressions import Kind, kind_of
from engine.replica.postgres.source import PostgresSource

_INTEGERS = ("int2", "int4", "int8")


@dataclass(frozen=True)
class PostgresColumn:
    """A column as the source spells it, and the kind of its values."""

    name: str
    kind: Kind


@dataclass(frozen=True)
class PostgresTable:
    """A table or view of the source, with its id in the catalog.

    ``key`` is its only key column, an integer, if the transaction ids of its rows show every change; None
    means that a sync reads it whole. ``signature`` changes when the table or the words of its types are
    altered, or if it is another table of the same name. ``denied_to`` is the user, quoted, if that may read
    nothing of it.
    """

    id: int
    schema: str
    name: str
    columns: Mapping[str, PostgresColumn]
    key: str | None
    signature: str
    is_view: bool = False
    denied_to: str | None = None

    @property
    def sql_name(self) -> str:
        """Return the name with its schema, quoted."""
        return f"{quote_identifier(self.schema)}.{quote_identifier(self.name)}"

    @property
    def sql_rowid(self) -> str:
        """Return the key, quoted; ``null`` if it has none."""
        return "null" if self.key is None else quote_identifier(self.key)

    def present(self, staged: StagedTable) -> tuple[StagedColumn, ...]:
        """Return the staged columns for which it has all source columns."""
        return tuple(
            column
            for column in staged.columns
            if all(reading.source_column.lower() in self.columns for reading in column.readings)
        )

    def column(self, source_column: str) -> PostgresColumn | None:
        """Return a column by its name in any case; None if there is none."""
        return self.columns.get(source_column.lower())

    def sync_of(self) -> str:
        """Return how it is synced."""
        return FULL if self.key is None else VISIBLE


def survey_postgres(source: PostgresSource, tables: Iterable[StagedTable]) -> dict[str, PostgresTable]:
    """Return the tables that the source has in its search path, by replica table."""
    by_name: defaultdict[str, list[StagedTable]] = defaultdict(list)
    for staged in tables:
        by_name[staged.source_table.lower()].append(staged)
    if not by_name:
        return {}
    names = ", ".join(map(quote_literal, by_name))
    relations = source.rows(_RELATIONS.format(names=names))
    if not relations:
        return {}
    oids = ", ".join(str(row[0]) for row in relations)
    columns: defaultdict[str, list[tuple[str, str, str, str]]] = defaultdict(list)
    for oid, name, type_name, attribute, more in source.rows(_COLUMNS.format(oids=oids)):
        columns[oid or ""].append((name or "", type_name or "", attribute or "", more or ""))
    found = {}
    for oid, schema, name, kind, key, shows_changes, denied_to in relations:
        own = columns[oid or ""]
        types = {column: type_name for column, type_name, *_ in own}
        is_key_usable = shows_changes == "true" and key is not None and types.get(key) in _INTEGERS
        made_as = repr((oid, kind, key if is_key_usable else None, own))
        table = PostgresTable(
            id=int(oid or 0),
            schema=schema or "",
            name=name or "",
            columns={
                column.lower(): PostgresColumn(column, kind_of(type_name)) for column, type_name, *_ in own
            },
            key=key if is_key_usable else None,
            signature=hashlib.sha256(made_as.encode()).hexdigest(),
            is_view=kind == "v",
            denied_to=denied_to,
        )
        for staged in by_name[table.name.lower()]:
            # A table whose name is spelled as in the staging file comes first.
            if staged.name not in found or table.name == staged.source_table:
                found[staged.name] = table
    return found


# Rows of a table that others inherit from appear with old transaction ids when a partition is attached, and
# policies may show rows that were hidden. A view has no such ids.
_RELATIONS = """
    select relation.oid::text as id, space.nspname::text as schema, relation.relname::text as name,
        relation.relkind::text as kind,
        (select attribute.attname::text from pg_index as key
            join pg_attribute as attribute
                on attribute.attrelid = key.indrelid and attribute.attnum = key.indkey[0]
            where key.indrelid = relation.oid and key.indisprimary and key.indisvalid
                and key.indnatts = 1) as key,
        (relation.relkind = 'r' and not row_security_active(relation.oid)
            and not exists (select from pg_inherits where inhparent = relation.oid))::text as shows_changes,
        case when not has_any_column_privilege(relation.oid, 'select') then quote_ident(current_user) end
            as denied_to
    from pg_class as relation
    join pg_namespace as space on space.oid = relation.relnamespace
    where lower(relation.relname) in ({names}) and relation.relkind in ('r', 'p', 'v', 'm', 'f')
        and pg_table_is_visible(relation.oid)
    order by relation.oid
"""

# A column that is added with a constant default, and a word of an enum that is renamed, change values of rows
# that nobody writes.
_COLUMNS = """
    select attribute.attrelid::text as id, attribute.attname::text as name, base.typname::text as type,
        concat_ws(' ', attribute.attnum, attribute.atttypid, attribute.atttypmod,
            attribute.attmissingval::text) as attribute,
        (select string_agg(word.enumlabel, ',' order by word.enumsortorder) from pg_enum as word
            where word.enumtypid = base.oid or word.enumtypid = base.typelem) as more
    from pg_attribute as attribute
    join pg_type as own on own.oid = attribute.atttypid
    join pg_type as base on base.oid = coalesce(nullif(own.typbasetype, 0), own.oid)
    where attribute.attrelid in ({oids}) and attribute.attnum > 0 and not attribute.attisdropped
    order by attribute.attrelid, attribute.attnum
"""
