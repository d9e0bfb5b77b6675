"""A dataset that fails keeps its last good value, with the problem beside it; others are not affected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.values.orders import RunOrder
from engine.model.values.payload import encode
from engine.model.values.quality import UnreadableCount
from engine.model.values.results import FAILED, ComputedDataset, DatasetProblem, Progress, RunOutcome
from engine.runs import Runner, Trigger
from engine.store import read_entries, recent_runs
from engine.store.quality import unreadable_values
from tests.engine.held_engine import failing_engine
from tests.engine.source_database import NOW, query, run_request, settings_of

EXCLUDED, FUNNEL = "excluded_sites_count", "pipeline_funnel"


def key_of(name: str) -> str:
    return catalogue()[name].key


def computed(name: str, value: object) -> ComputedDataset:
    encoded = encode(value)
    return ComputedDataset(name, key_of(name), encoded, 15, 1.0)


def failed(name: str) -> DatasetProblem:
    return DatasetProblem(name, key_of(name), FAILED, "BinderException: no such thing")


class EngineThatAnswers:
    """Stands in for the engine process: returns one outcome after another."""

    pid = None

    def __init__(self, *outcomes: RunOutcome) -> None:
        self._outcomes = list(outcomes)

    def compute(
        self,
        order: RunOrder,
        report: Callable[[Progress], None],
        deliver: Callable[[ComputedDataset], None],
    ) -> RunOutcome:
        return self._outcomes.pop(0)


def runner_of(db: Path, *outcomes: RunOutcome) -> Runner:
    runner = Runner(settings_of(db))
    runner._engine = EngineThatAnswers(*outcomes)  # type: ignore[assignment]
    return runner


def outcome_of(
    *results: ComputedDataset | DatasetProblem, unreadable: tuple[UnreadableCount, ...] = ()
) -> RunOutcome:
    return RunOutcome(
        tuple(result for result in results if isinstance(result, ComputedDataset)),
        tuple(result for result in results if isinstance(result, DatasetProblem)),
        ("sites",), unreadable,
    )  # fmt: skip


def test_a_dataset_that_fails_keeps_its_last_good_value_and_shows_its_problem(source: Path) -> None:
    good = outcome_of(computed(EXCLUDED, {"x": [1]}), computed(FUNNEL, {"x": [1]}))
    bad = outcome_of(computed(EXCLUDED, {"x": [2]}), failed(FUNNEL))
    runner = runner_of(source, good, bad, good)
    runner.run(run_request(EXCLUDED, FUNNEL))
    summary = runner.run(run_request(EXCLUDED, FUNNEL))
    entries = read_entries(source, [key_of(EXCLUDED), key_of(FUNNEL)], NOW)
    assert (entries[key_of(EXCLUDED)].value, entries[key_of(EXCLUDED)].problem) == ({"x": [2]}, None)
    kept = entries[key_of(FUNNEL)]
    assert kept.value == {"x": [1]}
    assert kept.problem is not None
    assert (kept.problem.kind, kept.problem.reason) == (FAILED, "BinderException: no such thing")
    row = recent_runs(source, 1)[0]
    assert (row.status, row.error) == ("partial", f"{FUNNEL}: BinderException: no such thing")
    assert summary.as_json()["details"]["failed"] == {FUNNEL: "BinderException: no such thing"}
    runner.run(run_request(EXCLUDED, FUNNEL))
    assert read_entries(source, [key_of(FUNNEL)], NOW)[key_of(FUNNEL)].problem is None


def test_a_failed_dataset_is_counted_as_a_failed_item_of_the_job(source: Path) -> None:
    runner_of(source, outcome_of(computed(EXCLUDED, {"x": [1]}), failed(FUNNEL))).run(
        run_request(trigger=Trigger.SCHEDULE)
    )
    logged = query(source, "select status, items_processed, items_failed from cron_job_logs")
    assert logged == [("success", 1, 1)]


def test_a_source_column_that_two_readers_cannot_read_is_counted_once(source: Path) -> None:
    counts = (UnreadableCount("sites", "score", 3), UnreadableCount("sites", "score", 5))
    runner_of(source, outcome_of(computed(EXCLUDED, {}), unreadable=counts)).run(run_request(EXCLUDED))
    assert unreadable_values(source) == (UnreadableCount("sites", "score", 5),)


def test_the_others_are_computed_and_the_reason_is_one_line(source: Path) -> None:
    runner = Runner(settings_of(source), failing_engine(FUNNEL))
    try:
        outcome = runner.run(run_request(EXCLUDED, FUNNEL)).outcome
    finally:
        runner.close()
    assert [dataset.name for dataset in outcome.computed] == [EXCLUDED]
    (problem,) = outcome.problems
    assert (problem.name, problem.kind) == (FUNNEL, FAILED)
    assert "pipeline_funnel.sql: Catalog Error: Table with name nowhere does not exist" in problem.reason
    assert "\n" not in problem.reason


@pytest.mark.parametrize("trigger", list(Trigger))
def test_a_run_stores_what_started_it(source: Path, trigger: Trigger) -> None:
    runner_of(source, outcome_of(computed(EXCLUDED, {}))).run(run_request(EXCLUDED, trigger=trigger))
    assert recent_runs(source, 1)[0].trigger == trigger
