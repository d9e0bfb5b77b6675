"""The rows behind a number, as JSON for the drawer and as CSV, and the whole of one long text of a row.

The process that holds the replica answers. What only those may see who may see contacts is left out here:
columns of rows, long texts, and the cells, filters and orders by which one could guess them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dash_app.cache_reader import CacheReader
from dash_app.figures.period import Period
from dash_app.formatters.key_figures import COHORT_WEEKS, COHORTS
from dash_app.http.middleware.refusals import TRY_AGAIN
from dash_app.http.row_file import RowsFile, file_question, with_columns
from dash_app.http.row_query import BadQuery, rows_question, text_question
from dash_app.http.unstored import unstored_json
from dash_app.login.visitors import current_visitor
from engine.model.access import Right
from engine.model.catalogue.datasets import Dataset, catalogue, dataset_of_key
from engine.model.clock import to_iso, wall_clock
from engine.model.errors import ComputeError, DashboardError, nearest
from engine.model.questions import Answer, Question, RowsAnswer, RowsQuestion, TextAnswer
from engine.model.selections.windows import DAY
from engine.model.text.plain_text import plain_text
from engine.model.text.without_paths import without_paths
from engine.runs.computing import Ask
from engine.store import Entry

MOST_AT_ONCE, MOST_CSV_AT_ONCE = 8, 2
"""How many questions, and how many files of rows, one process has under way."""

_FOR_OPERATORS = "only an operator sees it"


class _Refused(Exception):
    def __init__(self, status: int, line: str) -> None:
        super().__init__(line)
        self.status = status


@dataclass(frozen=True)
class _Number:
    """The number that rows are asked for: its dataset, the entry that it is in, and the question."""

    dataset: Dataset
    entry: Entry | None
    question: RowsQuestion


def rows_routes(reader: CacheReader, ask: Ask) -> list[Route]:
    """Return the routes of rows and of texts; ``ask`` blocks until the holder of the replica answers."""
    turns, csv_turns = asyncio.Semaphore(MOST_AT_ONCE), asyncio.Semaphore(MOST_CSV_AT_ONCE)

    async def answer_of(question: Question) -> Answer:
        async with turns:
            return await asyncio.to_thread(ask, question)

    async def rows(request: Request) -> Response:
        number = await _number(reader, request)
        answer = await answer_of(number.question)
        assert isinstance(answer, RowsAnswer)
        return unstored_json(_rows_json(number, _seen(answer, number.question)))

    async def rows_csv(request: Request) -> Response:
        if (bom := request.query_params.get("bom", "0")) not in ("0", "1"):
            raise BadQuery(f"bom={bom:.20}: it is no choice; write bom=1")
        number = await _number(reader, request)
        if csv_turns.locked():
            raise _Refused(429, "too many files are being written; try again in a minute")
        await csv_turns.acquire()
        try:
            # The first part shows whether there is an answer at all, while a status can still say so.
            first = await answer_of(file_question(number.question))
            assert isinstance(first, RowsAnswer)
            first = _seen(first, number.question)
        except BaseException:
            csv_turns.release()
            raise
        return RowsFile(request, ask, number.question, first, csv_turns.release)

    async def text(request: Request) -> Response:
        answer = await answer_of(text_question(request.query_params))
        assert isinstance(answer, TextAnswer)
        if answer.contacts and not _sees_contacts():
            raise _Refused(403, f"{answer.column}: {_FOR_OPERATORS}")
        return unstored_json({"text": answer.text, "is_cut": answer.is_cut, "is_gone": answer.is_gone})

    return [
        Route("/api/rows", _answering(rows)),
        Route("/api/rows.csv", _answering(rows_csv)),
        Route("/api/text", _answering(text)),
    ]


def _answering(endpoint: Callable[[Request], Any]) -> Callable[[Request], Any]:
    """Return an endpoint that answers what is wrong in one line."""

    async def answering(request: Request) -> Response:
        try:
            response: Response = await endpoint(request)
        except BadQuery as mistake:
            return unstored_json({"error": str(mistake)}, 400)
        except _Refused as refusal:
            return unstored_json({"error": str(refusal)}, refusal.status)
        except ComputeError as error:
            return unstored_json({"error": _line(error)}, 503, TRY_AGAIN)
        except DashboardError as error:
            return unstored_json({"error": _line(error)}, 400)
        return response

    return answering


def _line(error: DashboardError) -> str:
    return without_paths(plain_text(str(error)))


def _sees_contacts() -> bool:
    return current_visitor().may(Right.CONTACTS)


async def _number(reader: CacheReader, request: Request) -> _Number:
    """Return the number that a request asks for. Raises BadQuery and _Refused."""
    query = request.query_params
    key = query.get("key", "")
    name = key.partition("?")[0].rpartition("/")[2]
    dataset = catalogue().get(name)
    if dataset is None or dataset.key != key.partition("?")[0]:
        keys = [dataset.key for dataset in catalogue().values()]
        raise _Refused(404, f"{key[:200]}: no such dataset; {nearest(key, keys)}")
    column = query.get("column", "")
    if column not in dataset.rows:
        raise _Refused(404, f"{column[:200]}: no rows are declared for it; {nearest(column, dataset.rows)}")
    entry = await _entry(reader, key)
    zone = entry.origin.fingerprint.time_zone if entry is not None and entry.origin is not None else None
    zone = zone or reader.settings.time_zone
    question = rows_question(query, None if entry is None else entry.as_of, zone)
    _check_cells(dataset, question)
    return _Number(dataset, entry, question)


async def _entry(reader: CacheReader, key: str) -> Entry | None:
    now = wall_clock()
    snapshot = reader.snapshots.current(now) or await asyncio.to_thread(reader.snapshots.read, now)
    return None if snapshot is None else snapshot.entries.get(key)


def _check_cells(dataset: Dataset, question: RowsQuestion) -> None:
    """Raise BadQuery for a missing cell; _Refused for one by which a viewer could guess a contact."""
    counted = dataset.rows[question.column]
    if not question.cells and counted.total is not None:
        return
    for name in counted.cells:
        if name not in question.cells:
            raise BadQuery(f"cells: {name} is missing")
    hidden = {column.name for column in dataset.columns if column.contacts}
    if (guessed := hidden.intersection(question.cells)) and not _sees_contacts():
        raise _Refused(403, f"{min(guessed)}: {_FOR_OPERATORS}")


def _seen(answer: RowsAnswer, question: RowsQuestion) -> RowsAnswer:
    """Return an answer as the visitor may see it. Raises _Refused if its order or filters say more."""
    hidden = answer.contacts
    if not hidden or _sees_contacts():
        return answer
    asked = {one.column for one in question.sort} | {one.column for one in question.filters}
    if asked & hidden:
        raise _Refused(403, f"{min(asked & hidden)}: {_FOR_OPERATORS}")
    return with_columns(answer, {column.name for column in answer.columns} - hidden)


def _rows_json(number: _Number, answer: RowsAnswer) -> dict[str, Any]:
    question = number.question
    return {
        "title": number.dataset.title,
        "period": _period(number),
        "table": answer.table,
        "label": answer.label,
        "as_of": to_iso(question.as_of),
        "replica_as_of": None if answer.replica_as_of is None else to_iso(answer.replica_as_of),
        "time_zone": question.time_zone,
        "number": _counted_before(number),
        "counted": answer.counted,
        "total": answer.total,
        "columns": [asdict(column) for column in answer.columns],
        "rows": [
            [plain_text(cell) if isinstance(cell, str) else cell for cell in row] for row in answer.rows
        ],
        "ids": answer.ids,
        "marks": answer.marks,
        "errors": [None if kind is None else asdict(kind) for kind in answer.errors],
    }


def _period(number: _Number) -> str:
    """Return the range that the rows are of, as their number says it; empty if the dataset takes none."""
    asked = dataset_of_key(number.question.key) or number.dataset
    range_ = asked.selection.range or asked.range
    if range_ is None:
        return ""
    if str(number.question.cells.get("measure", "")).startswith(COHORTS):
        return f"{COHORT_WEEKS} of sending"
    period, by_day = Period(range_), asked.grain == DAY
    if asked.is_previous:
        return period.prior_of(by_day=by_day)
    if asked.is_rolling and period.is_in_hours:
        return period.words
    question = number.question
    return period.within(question.as_of, ZoneInfo(question.time_zone or "UTC"), by_day=by_day).removeprefix(
        "in "
    )


def _counted_before(number: _Number) -> int | None:
    """Return the number that the entry has, if it is that of the rows; None if it is not, or is not known."""
    question, entry = number.question, number.entry
    counted = number.dataset.rows[question.column]
    is_total = not question.cells and counted.cells
    rows = counted.total if is_total else counted.of(question.cells)
    if entry is None or entry.value is None or entry.as_of != question.as_of:
        return None
    if rows is None or not rows.is_count:
        return None
    value = entry.value
    if is_total:
        return sum(int(found) for found in value[question.column] if found is not None)
    for place, found in enumerate(value[question.column]):
        if all(value[name][place] == question.cells[name] for name in counted.cells):
            return None if found is None else int(found)
    return None
