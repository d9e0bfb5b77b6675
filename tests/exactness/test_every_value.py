"""Every value of every dataset equals an independent computation, whatever the source holds."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from engine.model.values import payload
from engine.model.values.orders import RunOrder
from engine.model.values.quality import IntegrityCheck
from engine.model.values.results import UNAVAILABLE, Progress, RunOutcome
from engine.runs.processes.engine_process import EngineProcess
from tests.hostile import HOSTILE_MOMENTS, make_hostile_database
from tests.lengths import times
from tests.oracle import (
    DATASETS,
    Result,
    Unavailable,
    compute_all,
    differences,
    unreadable_counts,
    unrecognised_counts,
)
from tests.oracle.source import read_source

CASES = [
    (seed, now, zone)
    for round_ in range(times(1, 3))
    for seed, (now, zone) in enumerate(HOSTILE_MOMENTS, round_ * 100)
]


def _ignore(_: Progress) -> None:
    return None


def _run(engine: EngineProcess, db: Path, now: datetime, zone: str) -> RunOutcome:
    order = RunOrder(db, now, zone, tuple(DATASETS), integrity=IntegrityCheck("ok", now))
    return engine.compute(order, _ignore)


def _results(outcome: RunOutcome) -> dict[str, Result]:
    results: dict[str, Result] = {d.name: payload.decode(d.value.blob) for d in outcome.computed}
    for problem in outcome.problems:
        assert problem.kind == UNAVAILABLE, problem
        results[problem.name] = Unavailable((problem.reason.split()[1],))
    return results


@pytest.mark.parametrize(("seed", "now", "zone"), CASES, ids=lambda value: str(value).replace("/", "-"))
def test_a_database_full_of_unreadable_values_is_computed_to_the_letter(
    engine: EngineProcess, tmp_path: Path, seed: int, now: datetime, zone: str
) -> None:
    db = tmp_path / "sites.db"
    make_hostile_database(db, seed, now, time_zone=zone)
    outcome = _run(engine, db, now, zone)
    source = read_source(db)
    assert differences(compute_all(source, now, zone), _results(outcome)) == []
    assert {(c.table, c.column): c.values for c in outcome.unreadable} == unreadable_counts(source)
    for (table, column), words in unrecognised_counts(source).items():
        shown = [(c.word, c.values) for c in outcome.unrecognised if (c.table, c.column) == (table, column)]
        assert shown == sorted(words.items(), key=lambda item: (-item[1], item[0]))[:20]


@pytest.mark.parametrize("table", ["sites", "outreaches", "conversations", "llm_usage", "cron_jobs"])
def test_a_missing_table_costs_only_the_datasets_that_need_it(
    engine: EngineProcess, tmp_path: Path, table: str
) -> None:
    now, zone = HOSTILE_MOMENTS[3]
    db = tmp_path / "sites.db"
    make_hostile_database(db, 7, now, time_zone=zone, without=(table, "http_errors"))
    outcome = _run(engine, db, now, zone)
    # Those that have a part of their measures are compared in tests/datasets/test_missing_tables.py.
    incomplete = {dataset.name for dataset in outcome.computed if dataset.lacks}
    expected = compute_all(db, now, zone)
    assert all(isinstance(expected[name], Unavailable) for name in incomplete)
    whole = {name: result for name, result in _results(outcome).items() if name not in incomplete}
    wanted = {name: result for name, result in expected.items() if name not in incomplete}
    assert differences(wanted, whole) == []


def test_two_runs_store_the_same_bytes(engine: EngineProcess, tmp_path: Path) -> None:
    now, zone = HOSTILE_MOMENTS[5]
    db = tmp_path / "sites.db"
    make_hostile_database(db, 11, now, time_zone=zone)
    first, second = (_run(engine, db, now, zone) for _ in range(2))
    assert [d.value.blob for d in first.computed] == [d.value.blob for d in second.computed]
