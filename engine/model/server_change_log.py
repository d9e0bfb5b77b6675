"""The SQL of the optional change log of a source in PostgreSQL: its table, its triggers, and what is logged.

One side makes the log, and the other reads it: both must agree to the letter.
"""

from __future__ import annotations

from engine.model.text.quoting import quote_literal

LOG_SCHEMA = "dashboard"
LOG_TABLE = "change_log"
LOG_NAME = f"{LOG_SCHEMA}.{LOG_TABLE}"
LOG_FUNCTION = "log_changes"
LOG_COLUMNS = ("xid", "table_id", "ids", "pruned")

MOST_IDS = 100_000
"""A statement with more keys is logged without them: the next run looks through the table."""
MOST_IDS_IN_ROW = 200
"""With more keys, a row of the log has them outside of its page."""
MOST_BYTES = 128 << 20
"""When the log is so large, nothing more is logged until a run has emptied it. As much again is for keys
outside of its pages; when that is used up, such statements are logged without keys."""

# Without a write-ahead log it is neither replicated nor published. A crash empties it, but after a start of
# the server every row is compared anyway. Its file never gets shorter, so one that is not full never was.
CREATE_LOG = f"""
create unlogged table {LOG_NAME} (
    xid xid8 not null default pg_current_xact_id(), table_id oid, ids bigint[], pruned pg_snapshot
) with (vacuum_truncate = false, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);
alter table {LOG_NAME} alter column ids set storage external
"""
"""A row for each statement, with the transaction that all its nested ones belong to; one row says what was
pruned last."""


def create_function() -> str:
    """Return the statements that make the function of the triggers, or put it in the place of another."""
    return f"""
create or replace function {LOG_SCHEMA}.{LOG_FUNCTION}() returns trigger language plpgsql security definer
set search_path = pg_catalog, pg_temp as {quote_literal(function_body())};
revoke all on function {LOG_SCHEMA}.{LOG_FUNCTION}() from public
"""


def function_body() -> str:
    """Return the text of that function; with any other, no table is logged."""
    new, old = (
        f"select key from {rows} as each (key) limit {MOST_IDS + 1}" for rows in ("new_rows", "old_rows")
    )
    return f"""
begin
    if pg_relation_size('{LOG_NAME}') >= {MOST_BYTES} then
        -- The run that empties the log waits until this transaction, which is not in it, has ended.
        lock table {LOG_NAME} in access share mode;
        return null;
    end if;
    if tg_op = 'INSERT' then{_log_keys(new)}
    elsif tg_op = 'DELETE' then{_log_keys(old)}
    else{_log_keys(f"({new}) union all ({old})")}
    end if;
    return null;
end
"""


def _log_keys(keys: str) -> str:
    # The key is the first column whatever its name and type, so a statement works on after it is altered.
    return f"""
        insert into {LOG_NAME} (table_id, ids)
        select tg_relid, case
            when count(*) > count(key) or count(*) > {MOST_IDS} then null
            when count(*) <= {MOST_IDS_IN_ROW} then array_agg(key)
            when pg_table_size('{LOG_NAME}') < {2 * MOST_BYTES} then array_agg(key)
        end
        from (
            select case when pg_typeof(key) = any (array['bigint', 'integer', 'smallint']::regtype[])
                then key::text::bigint end as key
            from ({keys}) as given
        ) as changed
        having count(*) > 0;"""


_ROWS = {
    "insert": "new table as new_rows",
    "update": "old table as old_rows new table as new_rows",
    "delete": "old table as old_rows",
}
TRIGGERS = tuple(f"dashboard_log_{event}" for event in _ROWS)


def create_triggers(sql_name: str) -> str:
    """Return the statements that give a table, by its quoted name, the triggers of the log.

    They fire in every mode of a session. By their condition they depend on the log's columns, so none of
    these is dropped or altered without them.
    """
    columns = " and ".join(f"(null::{LOG_NAME}).{column} is null" for column in LOG_COLUMNS[:3])
    return ";".join(
        f"create trigger {trigger} after {event} on {sql_name} referencing {rows} for each statement"
        f" when ({columns}) execute function {LOG_SCHEMA}.{LOG_FUNCTION}();"
        f" alter table {sql_name} enable always trigger {trigger}"
        for trigger, (event, rows) in zip(TRIGGERS, _ROWS.items(), strict=True)
    )


def drop_triggers(sql_name: str) -> str:
    """Return the statements that drop what a table has of them."""
    return ";".join(f"drop trigger if exists {trigger} on {sql_name}" for trigger in TRIGGERS)


def relations_query(condition: str) -> str:
    """Return the query for relations: id, schema, name, why it can have no log, and the mark of its log.

    The reason is null if it can have one. The mark is null if not all its changes are logged. As long as it
    stays the same, every change has been logged, because whatever turns a trigger off or rewrites a table
    makes another version of a row of the catalog. ``condition`` is on ``relation`` and ``space``.
    """
    return _RELATIONS.format(condition=condition, body=quote_literal(function_body()))


def log_state() -> str:
    """Return the query for the log: whether this user may read and prune it, if it is full, and its columns.

    It has no row if there is no log.
    """
    return f"""
    select may_use and has_table_privilege(log.oid, 'select') as may_read,
        may_use and has_table_privilege(log.oid, 'delete') and has_table_privilege(log.oid, 'insert')
            and has_table_privilege(log.oid, 'truncate') as may_prune,
        pg_relation_size(log.oid) >= {MOST_BYTES} as is_full,
        (select array_agg(attname::text order by attnum) from pg_attribute
            where attrelid = log.oid and attnum > 0 and not attisdropped) as names
    from pg_class as log join pg_namespace as space on space.oid = log.relnamespace,
        has_schema_privilege(space.oid, 'usage') as may_use
    where space.nspname = '{LOG_SCHEMA}' and log.relname = '{LOG_TABLE}'
"""


# A statement's trigger fires for the table that the statement names, so not for a partition by its parent,
# and never for a subscription.
_RELATIONS = (
    """
    select relation.oid::text as id, space.nspname::text as schema, relation.relname::text as name,
        case
            when relation.relkind = 'v' then 'it is a view'
            when relation.relkind <> 'r' then 'it is partitioned, foreign or materialized'
            when exists (select from pg_inherits where relation.oid in (inhrelid, inhparent))
                then 'it is a partition, inherits, or is inherited from'
            when exists (select from pg_subscription_rel where srrelid = relation.oid)
                then 'a subscription writes it, which fires no trigger'
            when not exists (
                select from pg_index as key join pg_attribute as attribute
                    on attribute.attrelid = key.indrelid and attribute.attnum = key.indkey[0]
                where key.indrelid = relation.oid and key.indisprimary and key.indisvalid
                    and key.indnatts = 1 and attribute.atttypid in (20, 21, 23)
                    and attribute.attnum = (
                        select min(attnum) from pg_attribute
                        where attrelid = relation.oid and attnum > 0 and not attisdropped
                    )
            ) then 'its first column is not its primary key, an integer'
        end as reason,
        (
            select concat_ws(' ', relation.oid, relation.xmin, log.oid, log.xmin, writer.oid, writer.xmin,
                string_agg(concat_ws(' ', own.oid, own.xmin), ',' order by own.oid))
            from pg_namespace as home
"""
    f"""
            join pg_class as log on log.relnamespace = home.oid and log.relname = '{LOG_TABLE}'
            join pg_proc as writer on writer.pronamespace = home.oid and writer.proname = '{LOG_FUNCTION}'
            join pg_trigger as own on own.tgrelid = relation.oid and own.tgfoid = writer.oid
            where home.nspname = '{LOG_SCHEMA}' and own.tgenabled = 'A' and writer.prosrc = {{body}}
                and log.reloptions @> array['vacuum_truncate=false']
            group by log.oid, log.xmin, writer.oid, writer.xmin
            having array_agg(own.tgtype::int order by own.tgtype) = array[4, 8, 16]
"""
    """
        ) as mark
    from pg_class as relation join pg_namespace as space on space.oid = relation.relnamespace
    where {condition} and relation.relkind in ('r', 'p', 'v', 'm', 'f')
    order by relation.oid
"""
)
