"""A replica that is half-written, damaged, foreign or held by another program costs a run only time."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from engine.runs.processes.engine_process import EngineProcess
from tests.histories.history import START, History, instant_text
from tests.lengths import HISTORIES, times

ROUNDS = max(times(1, 3), HISTORIES // 10)
SITES = times(8_000, 30_000)
"""Most of a comparison's time goes into reading every value in plain Python."""
LONG_TABLE = (
    f"with recursive n(i) as (select 1 union all select i + 1 from n where i < {2 * SITES})"
    " insert into site_status (site_id, status, created_at)"
    f" select i % 977, 'found', datetime('2026-11-23', '-' || ({2 * SITES} - i) || ' seconds') from n"
)
MANY_SITES = (
    f"with recursive n(i) as (select 1 union all select i + 1 from n where i < {SITES})"
    " insert into sites (domain, status, error_message, updated_at)"
    " select 'site' || i, 'scored', 'timeout after ' || i,"
    f" datetime('2026-11-23', '-' || ({SITES} - i) || ' seconds') from n"
)


@pytest.fixture
def history(tmp_path: Path, engine: EngineProcess) -> Iterator[History]:
    history = History(tmp_path, engine)
    yield history
    history.close()


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory, engine: EngineProcess) -> Iterator[History]:
    """Return one history for all damages: each begins with the replica that the one before has left whole."""
    history = History(tmp_path_factory.mktemp("life"), engine)
    write_some(history)
    yield history
    history.close()


def at(seconds: int) -> str:
    return instant_text(START + timedelta(seconds=seconds))


def write_some(history: History) -> None:
    for number in range(30):
        history.perform(f"insert into sites (domain, status) values ('site{number}.example', 'found')")
        history.perform(f"insert into http_errors (status_code) values ({400 + number})")
        costs = f"('scoring', 'openai', 'gpt-4o', {number / 7})"
        history.perform(f"insert into llm_usage (stage, provider, model, estimated_cost) values {costs}")


def flip(path: Path, rng: random.Random, bytes_flipped: int) -> None:
    content = bytearray(path.read_bytes())
    for _ in range(bytes_flipped):
        content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    path.write_bytes(content)


def truncate(path: Path, share: float) -> None:
    with path.open("r+b") as file:
        file.truncate(int(path.stat().st_size * share))


def put_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "inside").write_text("x")


def put_other_duckdb(path: Path) -> None:
    path.unlink()
    with closing(duckdb.connect(str(path))) as connection:
        connection.execute("create table sites (site_id bigint)")


def put_sqlite(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("create table sites (id integer primary key)")


def put_dead_link(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("gone"))


def age(path: Path) -> None:
    with closing(duckdb.connect(str(path))) as connection:
        older = (
            "update sync_state.identity set value = replace(value, 'duckdb 1', 'duckdb 0') returning value"
        )
        assert "duckdb 0" in str(connection.execute(older).fetchall())


DAMAGES: dict[str, Callable[[Path], object]] = {
    "is missing": lambda path: path.unlink(),
    "is empty": lambda path: path.write_bytes(b""),
    "is one byte": lambda path: path.write_bytes(b"x"),
    "is garbage": lambda path: path.write_bytes(random.Random(1).randbytes(300_000)),
    "is text": lambda path: path.write_text("replica\n" * 9_999),
    "is half of it": lambda path: truncate(path, 0.5),
    "lacks its end": lambda path: truncate(path, 0.97),
    "has a damaged header": lambda path: path.write_bytes(b"x" * 4096 + path.read_bytes()[4096:]),
    "has no header": lambda path: path.write_bytes(path.read_bytes()[4096:]),
    "is a folder": put_directory,
    "is a dead link": put_dead_link,
    "is another DuckDB database": put_other_duckdb,
    "is an SQLite database": put_sqlite,
    "is of another version": age,
    "has garbage for a log": lambda path: path.with_name(path.name + ".wal").write_bytes(b"garbage" * 999),
    "has an empty log": lambda path: path.with_name(path.name + ".wal").write_bytes(b""),
    "has a folder for a log": lambda path: path.with_name(path.name + ".wal").mkdir(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_it_is_made_again_where_the_file(life: History, damage: str) -> None:
    begin = 180 * list(DAMAGES).index(damage)
    life.perform(f"-- sync {at(begin)}")
    DAMAGES[damage](life.replica)
    life.perform(f"insert into sites (domain, status) values ('{begin}.example', 'found')")
    life.perform(f"-- sync {at(begin + 60)} all")
    life.perform("-- compare")
    life.perform(f"-- sync {at(begin + 120)}")
    life.perform("-- compare")


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_flipped_bits_are_found_by_a_full_audit_at_the_latest(history: History, seed: int) -> None:
    write_some(history)
    history.perform(f"-- sync {at(0)} all")
    rng = random.Random(seed)
    flip(history.replica, rng, rng.choice((1, 20, 2000)))
    history.perform(f"-- sync {at(60)} all")
    history.perform(f"-- sync {at(120)} verify")
    history.perform("-- compare")
    history.perform(f"-- recompute {at(120)}")


def test_a_replica_that_another_program_holds_open_does_not_stop_a_run(history: History) -> None:
    write_some(history)
    history.perform(f"-- sync {at(0)}")
    program = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(history.replica)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        history.perform("insert into sites (domain, status) values ('new.example', 'excluded')")
        history.perform(f"-- sync {at(60)} all")
        assert history.outcome is not None
        assert history.outcome.problems == ()
        assert len(history.outcome.computed) > 20
        holder.terminate()
    history.perform(f"-- sync {at(120)}")
    history.perform("-- compare")


def test_a_replica_of_another_source_is_not_gone_on_with(history: History, tmp_path: Path) -> None:
    write_some(history)
    history.perform(f"-- sync {at(0)}")
    (tmp_path / "other").mkdir()
    other = History(tmp_path / "other", history.engine)
    other.perform("insert into sites (domain, status) values ('other.example', 'found')")
    shutil.copyfile(history.replica, other.replica)
    other.perform(f"-- sync {at(60)}")
    other.perform("-- compare")
    other.close()


@pytest.mark.timeout(600)
@pytest.mark.parametrize("phase", ["the first build", "a sync", "a full audit"])
def test_a_kill_at_any_moment_leaves_what_the_next_run_makes_whole(history: History, phase: str) -> None:
    rng = random.Random(phase)
    history.perform(MANY_SITES)
    history.perform(LONG_TABLE)
    for kill in range(ROUNDS):
        if phase == "the first build":
            history.replica.unlink(missing_ok=True)
        else:
            history.perform(f"-- sync {at(kill * 100)}")
        stamp = START + timedelta(seconds=kill * 100 + 40)
        history.perform(
            f"update sites set status = 'found', updated_at = '{stamp:%Y-%m-%d %H:%M:%S}' where id % 3 = 0"
        )
        history.perform("delete from site_status where id % 1000 = 7")
        verify = " verify" if phase == "a full audit" else ""
        for _ in range(2):
            # The process is started first, so that its start takes none of the time until the kill.
            history.engine.compute(history.idle_order(), lambda _: None)
            after_ms = rng.randrange(30, times(500, 900))
            history.perform(f"-- sync {at(kill * 100 + 50)}{verify} killed {after_ms}")
        history.perform(f"-- sync {at(kill * 100 + 60)}{verify}")
        history.perform("-- compare")
