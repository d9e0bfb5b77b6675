"""After any history the replica holds what the source holds, bit for bit: at once, or once verified."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from engine.runs.processes.engine_process import EngineProcess
from tests.histories.draws import Clock
from tests.histories.history import Different, History, instant_text
from tests.histories.odd import OddWriter
from tests.histories.well_behaved import WellBehavedWriter
from tests.lengths import HISTORIES

ONE_SEED = os.environ.get("HISTORY_SEED")
BATCH = 5
SEEDS = [[int(ONE_SEED)]] if ONE_SEED else [
    list(range(first, min(first + BATCH, HISTORIES))) for first in range(0, HISTORIES, BATCH)
]  # fmt: skip
Perform = Callable[[list[int], Callable[[History, int], None]], None]
FRACTIONS_S = (0, 0, 0.4, 0.999)


@pytest.fixture
def perform(
    tmp_path: Path, engine: EngineProcess
) -> Callable[[list[int], Callable[[History, int], None]], None]:
    """Return what performs a history for each seed, and prints the script of those that fail."""

    def perform(seeds: list[int], act: Callable[[History, int], None]) -> None:
        failed = []
        for seed in seeds:
            folder = tmp_path / str(seed)
            folder.mkdir()
            history = History(folder, engine)
            try:
                act(history, seed)
            except Exception as error:
                script = folder / "history.sql"
                script.write_text("\n".join(history.lines) + "\n", encoding="utf-8")
                failed.append(f"seed {seed}, line {len(history.lines)} of {script}\n{error}")
            finally:
                history.close()
        assert not failed, "\n".join(failed)

    return perform


def _run_instant(clock: Clock, rng: random.Random) -> str:
    return instant_text(clock.now + timedelta(seconds=rng.choice(FRACTIONS_S)))


def _runs_of(history: History, rng: random.Random, writer: WellBehavedWriter, runs: int) -> Iterator[None]:
    """Let the writer write, and yield for a run; at times it writes just before and just after."""
    clock = writer.clock
    writer.fill()
    for _ in range(runs):
        for _ in range(rng.choice((0, 1, 1, 2, 3))):
            writer.transaction()
            clock.go_on()
        if rng.random() < 0.02:
            history.perform(f"-- sync {_run_instant(clock, rng)} killed {rng.randrange(400)}")
        straddles = rng.random() < 0.3
        if straddles:
            clock.go_to_next_minute()
            writer.touch(0)
        yield
        if straddles:
            writer.touch(rng.randrange(3))
        clock.go_on()


def _sync(history: History, rng: random.Random, clock: Clock, words: str = "") -> None:
    for _ in range(rng.choice((1, 1, 1, 1, 2))):
        every = " all" if rng.random() < 0.2 else ""
        history.perform(f"-- sync {_run_instant(clock, rng)}{words}{every}")


@pytest.mark.parametrize("seeds", SEEDS, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_every_sync_follows_a_well_behaved_writer_at_once(perform: Perform, seeds: list[int]) -> None:
    def act(history: History, seed: int) -> None:
        rng = random.Random(seed)
        clock = Clock(rng)
        writer = WellBehavedWriter(history, rng, clock)
        for _ in _runs_of(history, rng, writer, 6):
            _sync(history, rng, clock, " alone")
            history.perform("-- compare")
        history.perform(f"-- recompute {instant_text(clock.now)}")
        history.perform(f"-- check datasets {instant_text(clock.now)}")

    perform(seeds, act)


@pytest.mark.parametrize("seeds", SEEDS, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_a_full_audit_finds_whatever_an_odd_writer_did(perform: Perform, seeds: list[int]) -> None:
    def act(history: History, seed: int) -> None:
        rng = random.Random(seed + 1_000_000)
        clock = Clock(rng)
        writer = OddWriter(history, rng, clock)
        for _ in _runs_of(history, rng, writer, 4):
            _sync(history, rng, clock)
        history.perform(f"-- sync {_run_instant(clock, rng)} verify")
        history.perform("-- compare")
        history.perform(f"-- recompute {instant_text(clock.now)}")

    perform(seeds, act)


@pytest.mark.parametrize("seeds", SEEDS, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_audits_of_later_runs_find_whatever_an_odd_writer_did(perform: Perform, seeds: list[int]) -> None:
    def act(history: History, seed: int) -> None:
        rng = random.Random(seed + 2_000_000)
        clock = Clock(rng)
        writer = OddWriter(history, rng, clock)
        for _ in _runs_of(history, rng, writer, 3):
            _sync(history, rng, clock)
        clock.now += timedelta(seconds=1)
        history.perform(f"-- verify through {instant_text(clock.now)}")
        history.perform("-- compare")
        history.perform(f"-- recompute {instant_text(clock.now)}")

    perform(seeds, act)


@pytest.mark.parametrize("seeds", SEEDS, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_with_a_change_log_every_sync_follows_any_writer_at_once(perform: Perform, seeds: list[int]) -> None:
    def act(history: History, seed: int) -> None:
        rng = random.Random(seed + 3_000_000)
        clock = Clock(rng)
        writer = OddWriter(history, rng, clock, logged=True)
        for _ in _runs_of(history, rng, writer, 6):
            _sync(history, rng, clock, " alone")
            history.perform("-- compare")
            if rng.random() < 0.5:
                history.perform("-- prune")
        history.perform(f"-- recompute {instant_text(clock.now)}")

    perform(seeds, act)


def test_a_replica_that_differs_is_noticed(tmp_path: Path, engine: EngineProcess) -> None:
    history = History(tmp_path, engine)
    history.perform("insert into sites (domain, status) values ('a.example', 'found')")
    history.perform(f"-- sync {instant_text(Clock(random.Random(0)).now)}")
    history.perform("update sites set status = 'scored', updated_at = '2020-01-01'")
    with pytest.raises(Different, match="sites: 1 rows only in the source"):
        history.perform("-- compare")
    history.close()


SHORT_SCRIPTS = {
    "a table without its change column is read": (
        "alter table sites rename column updated_at to touched_at",
        "insert into sites (domain, status) values ('a.example', 'found')",
        "-- sync 2026-11-23T22:00:00.000000Z",
    ),
    "a job's run ends in a table that lacks another column": (
        "alter table cron_job_logs drop column error_message",
        "insert into cron_job_logs (job_name, status, started_at) values ('a', 'running', '2026-11-23')",
        "-- sync 2026-11-23T22:00:01.000000Z",
        "update cron_job_logs set status = 'success', finished_at = '2026-11-23 22:00:05'",
        "-- sync 2026-11-23T22:01:00.000000Z alone",
    ),
    "a stamp from before the last run's minute is stored after it": (
        "insert into sites (domain, status, updated_at) values ('a', 'found', '2026-11-23 20:00:00')",
        "insert into sites (domain, status, updated_at) values ('b', 'found', '2026-11-23 20:00:00')",
        "-- sync 2026-11-23T21:00:00.000000Z",
        "update sites set status = 'scored', updated_at = '2026-11-23 22:00:00' where id = 1",
        "-- sync 2026-11-23T22:00:00.000000Z alone",
        "update sites set status = 'scored', updated_at = '2026-11-23 21:59:58' where id = 2",
        "-- sync 2026-11-23T22:00:30.000000Z alone",
    ),
}


@pytest.mark.parametrize("script", SHORT_SCRIPTS.values(), ids=SHORT_SCRIPTS)
def test_a_sync_follows_where(engine: EngineProcess, tmp_path: Path, script: tuple[str, ...]) -> None:
    history = History(tmp_path, engine)
    for line in (*script, "-- compare"):
        history.perform(line)
    history.close()
