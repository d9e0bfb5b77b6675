"""Entries that do not exist yet are stored during their run; all others at its end, together."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engine.model.catalogue.datasets import catalogue
from engine.model.clock import wall_clock
from engine.model.errors import ComputeError
from engine.model.values.payload import encode
from engine.model.values.results import ComputedDataset, Progress
from engine.runs import Runner, Trigger, partial_results
from engine.runs.partial_results import PartialResults
from engine.store.sqlite.migration import migrate
from engine.store.writes import set_entry
from tests.engine.held_engine import held_run
from tests.engine.source_database import NOW, execute, query, run_request, settings_of

EXCLUDED, FUNNEL, RATES = "excluded_sites_count", "pipeline_funnel", "response_rates"
KEYS = {name: catalogue()[name].key for name in (EXCLUDED, FUNNEL, RATES)}


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Store each missing entry as soon as it is computed."""
    monkeypatch.setattr(partial_results, "INTERVAL_SECONDS", 0.0)


def stored(db: Path) -> dict[str, bytes]:
    return dict(query(db, "select cache_key, cache_value from dashboard_cache"))


def generation(db: Path) -> int:
    ((value,),) = query(db, "select cast(value as integer) from dashboard_state where name = 'generation'")
    return int(value)


class Watch:
    """Records what the cache holds when each dataset of a run begins to be computed."""

    def __init__(self, look: Callable[[], Any]) -> None:
        self._look = look
        self.seen: dict[str, Any] = {}

    def __call__(self, progress: Progress) -> None:
        self.seen[progress.step] = self._look()


def test_what_is_missing_is_there_as_soon_as_it_is_computed(runner: Runner, source: Path) -> None:
    watch = Watch(lambda: set(stored(source)))
    runner.run(run_request(RATES, EXCLUDED, FUNNEL), watch)
    assert watch.seen[RATES] == set()
    assert watch.seen[EXCLUDED] == {KEYS[RATES]}
    assert watch.seen[FUNNEL] == {KEYS[RATES], KEYS[EXCLUDED]}
    assert watch.seen["storing"] == set(KEYS.values())


def test_what_has_an_entry_is_replaced_at_the_end_with_all_others(runner: Runner, source: Path) -> None:
    migrate(source)
    for name in (RATES, EXCLUDED):
        set_entry(source, KEYS[name], "last good", 15, NOW)
    before = stored(source)
    watch = Watch(lambda: stored(source))
    runner.run(run_request(RATES, EXCLUDED, FUNNEL), watch)
    partial = watch.seen["storing"].pop(KEYS[FUNNEL])
    assert all(entries == before for entries in watch.seen.values())
    after = stored(source)
    assert after.pop(KEYS[FUNNEL]) == partial
    assert all(after[key] != before[key] for key in before)
    assert len(set(query(source, "select created_at, as_of from dashboard_cache"))) == 1


def test_each_partial_result_is_a_generation_and_a_run_without_any_is_one(
    runner: Runner, source: Path
) -> None:
    migrate(source)
    runner.run(run_request(RATES, EXCLUDED))
    assert generation(source) == 3
    runner.run(run_request(RATES, EXCLUDED))
    assert generation(source) == 4


def test_a_short_run_stores_no_partial_results(
    runner: Runner, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partial_results, "INTERVAL_SECONDS", 3600.0)
    watch = Watch(lambda: set(stored(source)))
    runner.run(run_request(RATES, EXCLUDED, FUNNEL), watch)
    assert set(map(frozenset, watch.seen.values())) == {frozenset()}
    assert generation(source) == 1
    assert set(stored(source)) == set(KEYS.values())


def test_datasets_are_computed_in_the_order_they_are_asked_for(runner: Runner) -> None:
    for names in ((RATES, EXCLUDED, FUNNEL), (FUNNEL, RATES, EXCLUDED)):
        steps: list[str] = []
        runner.run(run_request(*names), lambda progress, steps=steps: steps.append(progress.step))  # type: ignore[misc]
        assert [step for step in steps if step in KEYS] == list(names)


def test_partial_results_stay_if_the_rest_of_the_run_fails(source: Path) -> None:
    migrate(source)
    set_entry(source, KEYS[FUNNEL], "last good", 15, NOW)
    before = stored(source)

    with held_run(settings_of(source), run_request(EXCLUDED, FUNNEL), before=FUNNEL) as run:
        os.kill(run.wait_until_held(), signal.SIGKILL)
        with pytest.raises(ComputeError):
            run.result()
    after = stored(source)
    assert after.pop(KEYS[EXCLUDED])
    assert after == before


def test_what_is_first_computed_in_a_long_run_counts_once(runner: Runner, source: Path) -> None:
    runner.run(run_request(EXCLUDED, trigger=Trigger.READ))
    assert query(source, "select cache_key, computations from dashboard_cache_writes") == [
        (KEYS[EXCLUDED], 1)
    ]


def test_a_writer_in_the_way_leaves_it_to_the_end_of_the_run(source: Path) -> None:
    migrate(source)
    encoded = encode({"excluded_sites": [1]})
    dataset = ComputedDataset(EXCLUDED, KEYS[EXCLUDED], encoded, 15, 1.0)
    entries = PartialResults(source, wall_clock())
    with closing(sqlite3.connect(source, isolation_level=None)) as writer:
        writer.execute("begin immediate")
        entries.add(dataset)
        writer.execute("rollback")
    assert stored(source) == {}
    execute(source, "insert into sites (domain) values ('a.com')")
    entries.add(dataset)
    assert set(stored(source)) == {KEYS[EXCLUDED]}
