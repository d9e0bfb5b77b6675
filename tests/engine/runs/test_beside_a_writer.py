"""Runs beside a program that writes all the time: it gets no error, and each run sees one snapshot."""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from engine.model.catalogue.datasets import catalogue
from engine.runs import Runner, Trigger
from engine.store import read_entries, recent_runs
from tests.engine.programs import read_line, send_line, start_script
from tests.engine.source_database import NOW, make_source, query, run_request, settings_of
from tests.lengths import times

SECONDS, LEAST_RUNS = times(8, 20), 5
STAMP = "2026-11-23 19:30:00"

# Each transaction enters one site and its first status, and moves the site of the transaction before on.
WRITER = """
import sqlite3, sys, threading, time
connection = sqlite3.connect(sys.argv[1], timeout=5, isolation_level=None)
told_to_stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), told_to_stop.set()), daemon=True).start()
print("ready", flush=True)
done, errors, begun = 0, [], time.monotonic()
while not told_to_stop.is_set():
    try:
        connection.execute("begin immediate")
        sql = "insert into sites (domain, status, updated_at) values ('a.com', 'found', ?)"
        site = connection.execute(sql, (sys.argv[2],)).lastrowid
        insert = "insert into site_status (site_id, status, created_at) values (?, ?, ?)"
        connection.execute(insert, (site, "found", sys.argv[2]))
        if site > 1:
            connection.execute("update sites set status = 'scored' where id = ?", (site - 1,))
            connection.execute(insert, (site - 1, "scored", sys.argv[2]))
        connection.execute("commit")
        done += 1
    except sqlite3.Error as error:
        errors.append(repr(error))
        if connection.in_transaction:
            connection.execute("rollback")
    told_to_stop.wait(max(0.0, begun + done / 200 - time.monotonic()))
connection.close()
import json
print(json.dumps({"done": done, "errors": errors}), flush=True)
"""


@dataclass(frozen=True)
class Seen:
    """The numbers that one run saw: the sites in a stage, and the entries into it."""

    found: int
    scored: int
    entered_found: int
    entered_scored: int


@dataclass(frozen=True)
class Outcome:
    db: Path
    runs: list[Seen]
    writer: dict[str, Any]


def see(db: Path) -> Seen:
    keys = {name: catalogue()[name].key for name in ("pipeline_funnel", "hourly_status_breakdown_48h")}
    entries = read_entries(db, keys.values(), NOW)
    funnel, hours = (entries[key].value for key in keys.values())
    sites = dict(zip(funnel["stage"], funnel["sites"], strict=True))
    entered = dict(zip(hours["status"], hours["sites"], strict=True))
    return Seen(sites["found"], sites["scored"], entered.get("found", 0), entered.get("scored", 0))


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Some seconds of runs beside 200 transactions a second."""
    db = make_source(tmp_path_factory.mktemp("writer") / "sites.db")
    runner = Runner(settings_of(db))
    writer = start_script(WRITER, db, STAMP)
    try:
        assert read_line(writer) == "ready"
        runs: list[Seen] = []
        end = time.monotonic() + SECONDS
        while time.monotonic() < end or len(runs) < LEAST_RUNS:
            runner.run(run_request(trigger=Trigger.SCHEDULE if len(runs) % 4 else Trigger.FULL))
            runs.append(see(db))
        send_line(writer)
        printed = json.loads(read_line(writer))
    finally:
        writer.kill()
        writer.communicate()
        runner.close()
    return Outcome(db, runs, printed)


def test_the_writer_sees_no_error(outcome: Outcome) -> None:
    assert outcome.writer["errors"] == []
    assert outcome.writer["done"] > 100


def test_what_it_wrote_is_all_there_and_the_file_is_sound(outcome: Outcome) -> None:
    with closing(sqlite3.connect(outcome.db)) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]
    done = outcome.writer["done"]
    assert query(outcome.db, "select count(*) from sites") == [(done,)]
    assert query(outcome.db, "select count(*) from site_status") == [(2 * done - 1,)]


def test_every_run_succeeds(outcome: Outcome) -> None:
    rows = recent_runs(outcome.db, 1000)
    assert len(rows) == len(outcome.runs) > 2
    assert {(row.status, row.datasets, row.error) for row in rows} == {("success", len(catalogue()), None)}


def test_every_run_sees_one_snapshot_of_all_tables(outcome: Outcome) -> None:
    for seen in outcome.runs:
        assert seen.entered_found == seen.found + seen.scored
        assert seen.entered_scored == seen.scored
        assert seen.found == min(1, seen.entered_found)


def test_runs_see_what_was_written_between_them(outcome: Outcome) -> None:
    counts = [seen.entered_found for seen in outcome.runs]
    assert counts == sorted(set(counts))
