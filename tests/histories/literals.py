"""Values of all storage classes as SQL literals of one line, so that scripts can be read again."""

from __future__ import annotations

import math

from tests.hostile.values import Cell, RawText


def literal(value: Cell) -> str:
    """Return the SQL literal for a value; text that is not printable ASCII becomes a cast of its bytes."""
    if value is None:
        return "null"
    if isinstance(value, float) and math.isinf(value):
        return "9e999" if value > 0 else "-9e999"
    if isinstance(value, bool | int | float):
        return repr(value)
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    data = value.data if isinstance(value, RawText) else value.encode()
    if all(32 <= byte < 127 for byte in data):
        return "'" + data.decode().replace("'", "''") + "'"
    return f"cast(x'{data.hex()}' as text)"


def insert(table: str, row: dict[str, Cell], verb: str = "insert") -> str:
    """Return the statement that inserts a row."""
    values = ", ".join(literal(value) for value in row.values())
    return f"{verb} into {table} ({', '.join(row)}) values ({values})"


def update(table: str, changes: dict[str, Cell], where: str) -> str:
    """Return the statement that sets columns of the rows that meet a condition."""
    sets = ", ".join(f"{column} = {literal(value)}" for column, value in changes.items())
    return f"update {table} set {sets} where {where}"
