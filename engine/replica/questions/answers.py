"""Answers each kind of question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.model import questions as q
from engine.replica.questions.error import error_answer
from engine.replica.questions.job import job_answer
from engine.replica.questions.reading import Asked
from engine.replica.questions.rows import rows_behind, rows_of_table, whole_text
from engine.replica.questions.search import search_answer
from engine.replica.questions.site import site_answer

_ANSWERS: Mapping[type, Callable[[Any, Asked], q.Answer]] = {
    q.RowsQuestion: rows_behind,
    q.TableRowsQuestion: rows_of_table,
    q.TextQuestion: whole_text,
    q.SearchQuestion: search_answer,
    q.SiteQuestion: site_answer,
    q.JobQuestion: job_answer,
    q.ErrorQuestion: error_answer,
}


def answer(question: q.Question, asked: Asked) -> q.Answer:
    """Return the answer. Raises DashboardError, and what the cursor of ``asked`` raises."""
    return _ANSWERS[type(question)](question, asked)
