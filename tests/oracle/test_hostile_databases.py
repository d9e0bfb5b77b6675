"""Hostile databases hold what they promise, and the oracle computes every dataset of them."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ..hostile import HOSTILE_MOMENTS, TABLES, make_hostile_database
from . import DATASETS, Unavailable, compute_all, differences, unreadable_counts


def dump(path: Path) -> list[tuple[object, ...]]:
    """Every row of every source table, with the storage class of each value."""
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        rows = []
        for table, declared in TABLES.items():
            names = ", ".join(f"typeof({name}), {name}" for name in declared)
            rows += connection.execute(f"select id, {names} from {table} order by id").fetchall()
        return rows


@pytest.mark.parametrize("seed", range(len(HOSTILE_MOMENTS)))
def test_every_dataset_of_a_hostile_database_is_computed_and_is_plain_json(tmp_path: Path, seed: int) -> None:
    now, time_zone = HOSTILE_MOMENTS[seed]
    path = tmp_path / "hostile.db"
    make_hostile_database(path, seed, now, time_zone=time_zone)
    results = compute_all(path, now, time_zone)
    assert list(results) == list(DATASETS)
    for result in results.values():
        assert not isinstance(result, Unavailable)
        assert len({len(values) for values in result.values()}) == 1
        assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert len(unreadable_counts(path)) > 20


def test_the_same_seed_makes_the_same_rows_and_another_seed_others(tmp_path: Path) -> None:
    now, time_zone = HOSTILE_MOMENTS[0]
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        make_hostile_database(tmp_path / name, seed, now, time_zone=time_zone)
    assert dump(tmp_path / "a") == dump(tmp_path / "b")
    assert dump(tmp_path / "a") != dump(tmp_path / "c")


def test_undisputed_databases_lack_the_values_the_rules_leave_open(tmp_path: Path) -> None:
    now, time_zone = HOSTILE_MOMENTS[0]
    texts = {}
    for disputed in (True, False):
        path = tmp_path / str(disputed)
        stamps = set()
        for seed in range(3):
            path = tmp_path / f"{disputed}{seed}"
            make_hostile_database(path, seed, now, time_zone=time_zone, disputed=disputed)
            stamps |= {value for row in dump(path) for value in row if isinstance(value, bytes)}
        texts[disputed] = b"2026-11-23t20:00:00z" in stamps
    assert texts == {True: True, False: False}


def test_a_missing_table_leaves_out_the_datasets_that_need_it_and_no_others(tmp_path: Path) -> None:
    now, time_zone = HOSTILE_MOMENTS[0]
    make_hostile_database(tmp_path / "all", 5, now, time_zone=time_zone)
    make_hostile_database(tmp_path / "some", 5, now, time_zone=time_zone, without=("llm_usage",))
    whole = compute_all(tmp_path / "all", now, time_zone)
    rest = compute_all(tmp_path / "some", now, time_zone)
    unavailable = {key for key, result in rest.items() if isinstance(result, Unavailable)}
    assert unavailable == {
        "llm_usage_by_stage",
        "llm_daily_costs_30d",
        "llm_cost_by_stage_30d",
        "llm_cost_by_model_30d",
        "unit_economics_30d",
        "activity_rolling",
        "cost_by_outcome_30d",
        "usual_today",
        "key_figures_7d",
        "model_costs_7d",
    }
    kept = [key for key in DATASETS if key not in unavailable and key != "database_health"]
    assert differences({key: whole[key] for key in kept}, {key: rest[key] for key in kept}) == []


def test_a_table_the_source_does_not_have_cannot_be_left_out(tmp_path: Path) -> None:
    now, time_zone = HOSTILE_MOMENTS[0]
    with pytest.raises(ValueError, match="no such source table: visits"):
        make_hostile_database(tmp_path / "a", 0, now, time_zone=time_zone, without=("visits",))
