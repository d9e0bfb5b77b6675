"""The rows behind a number as a CSV file, sent part by part as the process of the replica answers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from dash_app.http.compression import accepts, gzipped
from dash_app.http.csv_text import csv_heading, csv_lines, file_name_of
from dash_app.http.export import MOST_ROWS as MOST_FILE_ROWS
from dash_app.http.unstored import NO_STORE
from engine.model.questions import MOST_FILE_ROWS as MOST_PART_ROWS
from engine.model.questions import RowsAnswer, RowsQuestion


class RowsFile(StreamingResponse):
    """The rows of a question; one that is cut says so in its name and in the header ``Export-Rows``.

    ``first`` is the answer with the first rows, as the visitor may see it. ``done`` is called when the file
    has ended, also if the client leaves.
    """

    def __init__(
        self,
        request: Request,
        ask: Callable[[RowsQuestion], Any],
        question: RowsQuestion,
        first: RowsAnswer,
        done: Callable[[], None],
    ) -> None:
        self._done = done
        parts = _parts(ask, question, first, bom=request.query_params.get("bom") == "1")
        is_packed = accepts(request.headers.get("accept-encoding", ""), "gzip")
        headers = {
            **NO_STORE,
            "Content-Disposition": f'attachment; filename="{rows_file_name(question, first.total)}"',
            "Export-Rows": f"{min(first.total, MOST_FILE_ROWS)} of {first.total}",
            "Vary": "Accept-Encoding",
            # What names an encoding is passed on part by part, and not gathered to be compressed.
            "Content-Encoding": "gzip" if is_packed else "identity",
        }
        super().__init__(
            gzipped(parts) if is_packed else parts,
            headers=headers,
            media_type="text/csv; charset=utf-8; header=present",
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the file."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._done()


def rows_file_name(question: RowsQuestion, total: int) -> str:
    """Return the name of a file: dataset, number, range and the instant of the number."""
    path, _, selection = question.key.partition("?")
    range_ = dict(parse_qsl(selection)).get("range")
    parts = [path.rpartition("/")[2], question.column, "rows", *([range_] if range_ else [])]
    parts.append(f"{question.as_of:%Y-%m-%dT%H%MZ}")
    if total > MOST_FILE_ROWS:
        parts.append(f"first-{MOST_FILE_ROWS}-of-{total}")
    return file_name_of(parts)


def file_question(question: RowsQuestion) -> RowsQuestion:
    """Return the question for the first part of a file."""
    return replace(question, offset=0, limit=MOST_PART_ROWS, for_file=True)


def with_columns(answer: RowsAnswer, names: Collection[str]) -> RowsAnswer:
    """Return an answer with some of its columns alone."""
    kept = [place for place, column in enumerate(answer.columns) if column.name in names]
    shows_errors = any(answer.columns[place].link == "error" for place in kept)
    return replace(
        answer,
        columns=tuple(answer.columns[place] for place in kept),
        errors=answer.errors if shows_errors else (),
        rows=tuple(tuple(row[place] for place in kept) for row in answer.rows),
    )


def _parts(
    ask: Callable[[RowsQuestion], Any], question: RowsQuestion, first: RowsAnswer, *, bom: bool
) -> Iterator[bytes]:
    """Yield the file part by part; a failed answer cuts the transfer, which the client sees."""
    names = {column.name for column in first.columns}
    yield csv_heading((column.name for column in first.columns), bom=bom)
    page, left = first, min(first.total, MOST_FILE_ROWS)
    while page.rows and left > 0:
        yield csv_lines(page.columns, page.rows[:left])
        left -= len(page.rows)
        if left > 0:
            offset = min(first.total, MOST_FILE_ROWS) - left
            page = with_columns(ask(replace(file_question(question), offset=offset)), names)
