"""Tables that are copied in chunks, and read the fast way, hold odd values like any other."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import pytest

from engine.runs.processes.engine_process import EngineProcess
from tests.histories.draws import Clock, Draw
from tests.histories.history import History, instant_text
from tests.histories.literals import insert, literal
from tests.histories.odd import DECLARED, HUGE_IDS
from tests.lengths import HISTORIES, times

SEEDS = range(max(times(1, 2), HISTORIES // 20))
TABLES = ("sites", "site_status", "outreaches", "conversations", "llm_usage", "http_errors", "cron_job_logs",
          "system_metrics")  # fmt: skip
DOUBLINGS = 9


def _enlarge(history: History, draw: Draw, table: str) -> None:
    rng = draw.rng
    names = list(draw.row(table))
    if rng.random() < 0.5:
        history.perform(f"drop table {table}")
        declared = ", ".join(f"{name} {rng.choice(DECLARED)}" for name in names)
        history.perform(f"create table {table} (id integer primary key, {declared})")
    history.perform("begin immediate")
    for _ in range(50):
        history.perform(insert(table, {name: draw.row(table).get(name) for name in names}))
    columns = ", ".join(names)
    for _ in range(DOUBLINGS):
        history.perform(f"insert into {table} ({columns}) select {columns} from {table}")
    for _ in range(60):
        history.perform(insert(table, draw.odd_row(table, 0.4), "insert or ignore"))
    for _ in range(60):
        column = rng.choice(names)
        cell = literal(draw.odd_cell(table, column))
        history.perform(f"update or ignore {table} set {column} = {cell} where id = {rng.randrange(25_000)}")
    history.perform(f"update {table} set id = {rng.choice(HUGE_IDS)} where id = {rng.randrange(25_000)}")
    history.perform("commit")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_large_table_with_a_few_odd_values_is_copied_and_verified_bit_for_bit(
    engine: EngineProcess, tmp_path: Path, seed: int
) -> None:
    history = History(tmp_path, engine)
    rng = random.Random(seed)
    clock = Clock(rng)
    draw = Draw(rng, clock)
    for table in rng.sample(TABLES, 3):
        _enlarge(history, draw, table)
    history.perform(f"-- sync {instant_text(clock.now)} alone")
    history.perform("-- compare")
    for table in TABLES:
        name = rng.choice(list(draw.row(table)))
        cell = literal(draw.odd_cell(table, name))
        history.perform(
            f"update or ignore {table} set {name} = {cell} where id % 5000 = {rng.randrange(5000)}"
        )
    clock.now += timedelta(seconds=60)
    history.perform(f"-- sync {instant_text(clock.now)} verify")
    history.perform("-- compare")
    history.perform(f"-- recompute {instant_text(clock.now)}")
    history.close()
