"""The models of a receipt, which document it and build none."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field


class RunOfReceipt(BaseModel):
    """The run that has stored a value."""

    id: int
    trigger: str
    scope: str


class TableOfReceipt(BaseModel):
    """A source table as the run found it."""

    table: str
    rows: int
    verified_at: datetime | None = Field(description="Every row has been compared with the source since.")
    audited: float = Field(description="The share of its rows compared in the pass under way.")


class LeftOutOfReceipt(BaseModel):
    """How many values of a column the run left out."""

    table: str
    column: str
    unreadable: int
    unrecognised: int


class ColumnOfReceipt(BaseModel):
    """A column of the value, with what it means."""

    name: str
    type: str
    unit: str | None
    help: str | None


class ReceiptAnswer(BaseModel):
    """How a value was computed."""

    key: str
    title: str
    row: str
    as_of: datetime = Field(description="The instant of the snapshot that the value describes.")
    computed_at: datetime | None
    compute_ms: float | None
    time_zone: str | None
    version: str | None = Field(description="The version of the dashboard; null for another than this one.")
    run: RunOfReceipt | None
    rows_read: int | None = Field(description="The rows of the tables read.")
    verified_at: datetime | None
    audited: float | None
    tables: list[TableOfReceipt]
    left_out: list[LeftOutOfReceipt]
    columns: list[ColumnOfReceipt]
    sql: str | None = Field(description="It runs in a DuckDB shell on the replica.")
    then: str | None = Field(description="What is done with the rows of the SQL.")
    command: str | None = Field(description="The command that computes the same bytes again.")
