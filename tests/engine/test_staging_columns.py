"""The columns of a staging file: casts, constants and expressions, and the error of each mistake."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from engine.model.catalogue.sqlfile import SqlFile
from engine.model.catalogue.staging import StagedColumn, parse_staged_table
from engine.model.errors import DatasetFileError
from engine.replica.macros import create_macros


def column_of(written: str, **header: Any) -> StagedColumn:
    """Return the column of a line in a staging file."""
    keys = {"row": "one row", "key": "id", "sync": "append", **header}
    select = f"select read_id(id) as id, {written} from source.calls"
    return parse_staged_table(SqlFile(Path("calls.sql"), keys, select)).columns[1]


@pytest.mark.parametrize(
    ("written", "values", "type_", "result"),
    [
        ("read_number(a) * 2", {"a": 1.5}, "double", 3.0),
        ("read_number(a) * 2", {"a": None}, "double", None),
        ("(read_integer(a) - read_number(b)) / 4", {"a": 7, "b": 1.0}, "double", 1.5),
        ("read_number(a) - read_number(b) - 1", {"a": 7.0, "b": 1.0}, "double", 5.0),
        ("-read_number(a) + read_number(a)", {"a": 7.0}, "double", 0.0),
        ("read_number(a) / 0", {"a": 1.0}, "double", None),
        ("read_number(a) * 10", {"a": 1e308}, "double", None),
        ("coalesce(read_number(a) / 0, 1)", {"a": 1.0}, "double", 1.0),
        ("coalesce(read_label(a), read_label(b), 'none')", {"a": None, "b": "x"}, "varchar", "x"),
        ("coalesce(read_id(a), read_integer(b), null)", {"a": None, "b": 2**70}, "hugeint", 2**70),
        ("coalesce(read_integer(a), 0)", {"a": None}, "hugeint", 0),
        ("5", {}, "hugeint", 5),
        ("1.50", {}, "double", 1.5),
        ("-2", {}, "double", -2.0),
        ("1e3", {}, "double", 1000.0),
        ("true", {}, "boolean", True),
        ("'it''s {0} %s'", {}, "varchar", "it's {0} %s"),
    ],
)
def test_an_expression_has_its_type_and_its_value(
    written: str, values: dict[str, Any], type_: str, result: object
) -> None:
    column = column_of(f"{written} as made")
    assert (column.name, column.type) == ("made", type_)
    assert [reading.source_column for reading in column.readings] == list(values)
    types = {"read_id": "bigint", "read_integer": "hugeint", "read_number": "double", "read_label": "varchar"}
    given = [
        f"cast({name} as {types[reading.cast]})"
        for name, reading in zip(values, column.readings, strict=True)
    ]
    with duckdb.connect() as connection:
        create_macros(connection)
        names = ", ".join(f"${name} as {name}" for name in values) or "1 as nothing"
        sql = f"select {column.sql(given)} as made, typeof(made) from (select {names})"
        assert connection.execute(sql, values).fetchall() == [(result, type_.upper())]


@pytest.mark.parametrize(
    ("name", "type_"),
    [("text", "varchar"), ("number", "double"), ("integer", "hugeint"), ("id", "bigint"),
     ("boolean", "boolean"), ("instant", "timestamp")],
)  # fmt: skip
def test_a_column_that_is_null_has_the_type_that_the_header_says(name: str, type_: str) -> None:
    column = column_of("null as made", types={"made": name})
    assert (column.type, column.readings, column.sql([])) == (type_, (), f"cast(null as {type_})")


def test_one_cast_read_twice_is_one_reading() -> None:
    column = column_of("read_number(a) * read_number(a) as squared")
    assert [reading.source_column for reading in column.readings] == ["a"]
    assert column.sql(["x"]) == "finite_or_null(x * x)"


@pytest.mark.parametrize(
    ("written", "header", "message"),
    [
        ("null as made", {}, "column 'made' is null and has no type; add types = { made = \"text\" }"),
        ("null as made", {"types": {"made": "txt"}}, "types.made = 'txt' is unknown; did you mean 'text'?"),
        ("null as made", {"types": {"mad": "text"}}, "is null and has no type"),
        ("5 as made", {"types": {"mad": "text"}}, "types names the column 'mad'; did you mean 'made'?"),
        ("5 as made", {"types": {"made": "text"}}, "types.made is of a column that has a type; remove made"),
        ("null as made", {"types": "text"}, 'types is not a table; write types = { column = "text" }'),
        ("read_nmber(a) * 2 as made", {}, "unknown cast 'read_nmber'; did you mean 'read_number'?"),
        ("upper(read_text(a)) as made", {}, "unknown cast 'upper'; valid names: coalesce, is_present,"),
        ("a * 2 as made", {}, "cannot read the column 'a * 2 as made'; write it as read_text(source_column)"),
        ("read_number(a) % 2 as made", {}, "cannot read the column 'read_number(a) % 2 as made'"),
        ("read_number(other.a) * 2 as made", {}, "cannot read the column"),
        ("(select 1) as made", {}, "cannot read the column"),
        ("$1 as made", {}, "cannot read the column"),
        ("read_text(a) * 2 as made", {}, "read_text(a) is no number; calculate with numbers alone"),
        ("null * 2 as made", {}, "NULL is no number; calculate with numbers alone"),
        ("coalesce(read_number(a), 'none') as made", {}, "coalesce mixes types; give it values of one type"),
        ("1e400 as made", {}, "1e400 is no number; write one like 5, 0.25 or 1e6"),
        ("read_number(a) * 2", {}, "cannot read the column 'read_number(a) * 2'"),
        ("5 as made", {"key": "made"}, "key 'made' is not a cast alone; name a column that reads one source"),
        (
            ", ".join(f"read_text(c{n}) as c{n}" for n in range(31)),
            {},
            "it has more than 31 casts; leave out",
        ),
        (
            "read_number(a) / 2 as made",
            {"sync": "incremental", "cursor": "changed"},
            "no column reads the cursor changed; add read_instant(changed) as",
        ),
        (
            "coalesce(read_instant(changed), read_instant(a)) as made",
            {"sync": "incremental", "cursor": "changed"},
            "no column reads the cursor changed",
        ),
    ],
)
def test_a_mistake_is_an_error_with_file_cause_and_remedy(
    written: str, header: dict[str, Any], message: str
) -> None:
    with pytest.raises(DatasetFileError, match="^calls.sql: .*" + re.escape(message)):
        column_of(written, **header)
