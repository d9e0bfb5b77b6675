"""What the OpenAPI document says of rows and of texts: their addresses, and the models of their answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from engine.model.questions import Cell


class RowColumnInfo(BaseModel):
    """A column of rows."""

    name: str
    label: str
    type: str
    unit: str | None
    help: str | None
    contacts: bool
    long: bool = Field(description="Its texts are cut; /api/text has the whole of each.")
    link: str | None = Field(description="What its values name, such as a site; error: see errors of rows.")
    is_sortable: bool = Field(description="Rows can be sorted and filtered by it.")


class RowErrorInfo(BaseModel):
    """The kind of error that a row has, as /error?source=…&stage=…&message=… takes it."""

    source: str
    stage: str | None
    message: str


class RowsInfo(BaseModel):
    """A page of the rows behind a number."""

    title: str
    period: str = Field(description="The range that the rows are of; empty if the dataset takes none.")
    table: str
    label: str
    as_of: datetime = Field(description="The instant of the number.")
    replica_as_of: datetime | None = Field(description="The instant of the rows.")
    time_zone: str
    number: int | None = Field(description="The number, if it is that of its rows and known.")
    counted: int = Field(description="How many rows the number has now.")
    total: int = Field(description="How many of them meet the filters.")
    columns: list[RowColumnInfo]
    rows: list[list[Cell]]
    ids: list[str | None]
    marks: list[Literal["", "changed", "gone"]] = Field(
        description="What the source has done to each row since it was read."
    )
    errors: list[RowErrorInfo | None] = Field(
        description="The kind of each row's error; empty if no row has one."
    )


class TextInfo(BaseModel):
    """One text of a row as the source has it now."""

    text: str | None
    is_cut: bool
    is_gone: bool


ROW_MODELS: tuple[type[BaseModel], ...] = (RowErrorInfo, RowsInfo, TextInfo)


def row_paths() -> dict[str, Any]:
    """Return the addresses of rows and texts."""
    number = [
        _parameter("key", "The key of a dataset, with its selection.", required=True),
        _parameter("column", "The number's column.", required=True),
        _parameter("cells", "The cells of the number's row, as JSON; none for the sum of the column."),
        _parameter("as_of", "The instant of the number; that of the stored value if it is left out."),
        _parameter("sort", "Columns in the order to sort by, each with a minus for descending."),
        _parameter("filters", "Conditions as JSON: [[column, operator, value, …], …]."),
    ]
    page = [
        _parameter("offset", "How many rows to leave out.", schema={"type": "integer", "minimum": 0}),
        _parameter("limit", "How many rows at most.", schema={"type": "integer", "minimum": 1}),
    ]
    bom = _parameter("bom", "1 begins the file with a byte order mark.", schema={"enum": ["0", "1"]})
    text = [
        _parameter("table", "The table of the row.", required=True),
        _parameter("id", "The id of the row.", required=True),
        _parameter("column", "The column of the text.", required=True),
    ]
    return {
        "/api/rows": _operation("The rows behind a number", [*number, *page], _json("RowsInfo")),
        "/api/rows.csv": _operation(
            "The rows behind a number, as CSV", [*number, bom], {"text/csv": {"schema": {"type": "string"}}}
        ),
        "/api/text": _operation("The whole of a long text of a row", text, _json("TextInfo")),
    }


def _parameter(
    name: str, description: str, *, required: bool = False, schema: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": required,
        "description": description,
        "schema": schema or {"type": "string"} | ({"minLength": 1, "maxLength": 200} if required else {}),
    }


def _json(model: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}


def _operation(
    summary: str, parameters: list[dict[str, Any]], content: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    wrong = {
        "400": "The query is no question.",
        "401": "Nobody is logged in.",
        "403": "Only an operator sees it.",
        "404": "There is no such number.",
        "429": "Too many files are under way.",
        "503": "Nobody can answer at present; ask again.",
    }
    answers: dict[str, Any] = {"200": {"description": "The answer.", "content": content}}
    for status, description in wrong.items():
        answers[status] = {"description": description, "content": _json("ErrorAnswer")}
    answers["414"] = {
        "description": "The address is too long.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }
    return {"get": {"summary": summary, "parameters": parameters, "responses": answers}}
