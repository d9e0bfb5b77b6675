"""A history under way: performs a script's lines on a source and its replica, and keeps them.

Lines are SQL statements of the pipeline's one connection, or directives:

    -- sync <instant> [words]              a run that began then. all: of all datasets; verify: with a
                                           full audit; alone: fails if the audit had to repair anything;
                                           killed <ms>: the engine process is killed after that time
    -- verify through <instant>            runs, until every table has been verified since then
    -- compare                             fails unless the replica equals the source
    -- recompute <instant>                 fails unless a run in memory gives the same datasets
    -- check datasets <instant>            fails unless plain Python computes the same datasets
    -- fresh process                       ends the engine process
    -- backup                              copies the source beside it
    -- restore by <renaming|copying>       puts the backup in the source's place
    -- change log                          has the source note its changes
    -- prune                               deletes from the change log what the replica has read
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from engine.model.catalogue.datasets import catalogue
from engine.model.errors import ComputeError
from engine.model.places.lake import Lake
from engine.model.values import payload
from engine.model.values.orders import RunOrder
from engine.model.values.quality import IntegrityCheck
from engine.model.values.results import Progress, RunOutcome
from engine.runs.processes.engine_process import EngineProcess
from tests.engine.source_database import SCHEMA, STATE_TABLE, pipeline_connection, store_token
from tests.histories.image import differences
from tests.oracle import DATASETS as ORACLE
from tests.oracle import compute_all
from tests.oracle import differences as dataset_differences

FEW_DATASETS = ("excluded_sites_count",)
START = datetime(2026, 11, 23, 21, 58, tzinfo=UTC)
ZONE = "Australia/Adelaide"
MOST_RUNS_TO_VERIFY = 40
BETWEEN_RUNS = timedelta(minutes=10)


class Different(AssertionError):
    """The replica is not what the source says it must be."""


def instant_text(instant: datetime) -> str:
    """Return an instant as directives spell it."""
    return instant.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def ignore(_: Progress) -> None:
    """Take a run's progress and do nothing."""


class History:
    """A source made by the pipeline's schema, its replica, and the lines performed so far.

    The replica is a file, or in a lake.
    """

    def __init__(self, folder: Path, engine: EngineProcess, lake: Lake | None = None) -> None:
        self.lake = lake
        self.db = folder / "sites.db"
        self.replica = folder / "sites.db.replica.duckdb"
        self.lines: list[str] = []
        self.engine = engine
        self.outcome: RunOutcome | None = None
        self._backup = folder / "backup.db"
        self._connection = self._connect()
        self._connection.executescript(f"{SCHEMA}\n{STATE_TABLE};\npragma journal_mode = wal;")

    def _connect(self) -> sqlite3.Connection:
        return pipeline_connection(self.db, isolation_level=None)

    def close(self) -> None:
        """Close the pipeline's connection."""
        self._connection.close()

    def perform(self, line: str) -> None:
        """Perform one line. SQL that fails is noted as such, as the pipeline would go on after it."""
        assert "\n" not in line
        self.lines.append(line)
        if not line.startswith("-- "):
            try:
                self._connection.execute(line).fetchall()
            except sqlite3.Error as error:
                self.lines[-1] = f"-- {error}: {line}"
            return
        for start, directive in self._directives().items():
            if line.startswith(f"-- {start}"):
                directive(line.removeprefix(f"-- {start}").split())
                return

    def _directives(self) -> dict[str, Callable[[list[str]], None]]:
        return {
            "sync ": self._sync,
            "verify through ": self._verify,
            "compare": self._compare,
            "recompute ": self._recompute,
            "check datasets ": self._check_datasets,
            "fresh process": lambda _: self.engine.close(),
            "backup": self._back_up,
            "restore by ": self._restore,
            "change log": self._note_changes,
            "prune": self._prune,
        }

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        """Return what the pipeline's connection answers, nothing if it fails. It is no part of the script."""
        try:
            return self._connection.execute(sql).fetchall()
        except sqlite3.Error:
            return []

    def order(self, started_at: datetime, *, full_audit: bool = False, every: bool = False) -> RunOrder:
        """Return the order for a run that began at an instant of the simulated clock."""
        return RunOrder(
            db=self.db,
            now=started_at.replace(microsecond=0),
            time_zone=ZONE,
            datasets=tuple(catalogue()) if every else FEW_DATASETS,
            replica=self.replica,
            started_at=started_at,
            full_audit=full_audit,
            lake=self.lake,
        )

    def compute(self, order: RunOrder) -> RunOutcome:
        """Return the outcome of a run on the replica, after its token has been stored in the source."""
        outcome = self.engine.compute(order, ignore)
        store_token(self.db, outcome)
        return outcome

    def idle_order(self) -> RunOrder:
        """Return an order that computes nothing and leaves the replica alone."""
        return replace(self.order(START), datasets=(), replica=None, lake=None)

    def _sync(self, words: list[str]) -> None:
        order = self.order(_instant(words[0]), full_audit="verify" in words, every="all" in words)
        if "killed" in words:
            self._sync_killed(order, int(words[-1]) / 1000)
            return
        self.outcome = self.compute(order)
        repaired = {table.table: table.repaired for table in self.outcome.replica if table.repaired}
        if "alone" in words and repaired:
            raise Different(f"the sync missed rows, which the audit found: {repaired}")

    def _sync_killed(self, order: RunOrder, after_s: float) -> None:
        killer = threading.Timer(after_s, self._kill)
        killer.start()
        with suppress(ComputeError):
            self.engine.compute(order, ignore)
        killer.cancel()
        killer.join()

    def _kill(self) -> None:
        if (pid := self.engine.pid) is not None:
            os.kill(pid, signal.SIGKILL)
            # Not reaped here: the engine does that. Until it is dead, the next order might go to it.
            with suppress(ChildProcessError):
                os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)

    def _verify(self, words: list[str]) -> None:
        at = since = _instant(words[0])
        for _ in range(MOST_RUNS_TO_VERIFY):
            at += BETWEEN_RUNS
            self.outcome = self.compute(self.order(at))
            times = [table.verified_at for table in self.outcome.replica]
            if all(verified_at is not None and verified_at >= since for verified_at in times):
                return
        raise Different(f"not verified after {MOST_RUNS_TO_VERIFY} runs: {self.outcome}")

    def _compare(self, _: list[str]) -> None:
        found = differences(self.db, self.lake or self.replica)
        if found:
            raise Different("\n".join(found))

    def _recompute(self, words: list[str]) -> None:
        order = self.order(_instant(words[0]), every=True)
        kept = self.engine.compute(order, ignore)
        again = self.engine.compute(replace(order, replica=None, lake=None), ignore)
        # The token is stored only now, because it makes the source's log longer, and a dataset shows that.
        store_token(self.db, kept)
        ours, theirs = _values(kept), _values(again)
        differing = [
            f"{name}: {ours.get(name)}, not {theirs.get(name)}"
            for name in sorted(ours.keys() | theirs.keys())
            if ours.get(name) != theirs.get(name)
        ]
        if differing:
            raise Different("dataset " + "\n".join(differing))
        if sorted(map(repr, kept.unreadable)) != sorted(map(repr, again.unreadable)):
            raise Different(f"unreadable: {kept.unreadable}, not {again.unreadable}")

    def _check_datasets(self, words: list[str]) -> None:
        order = replace(self.order(_instant(words[0]), every=True), integrity=IntegrityCheck("ok", START))
        outcome = self.engine.compute(order, ignore)
        computed = [dataset for dataset in outcome.computed if dataset.name in ORACLE]
        found = {dataset.name: payload.decode(dataset.value.blob) for dataset in computed}
        try:
            expected = compute_all(self.db, order.now, ZONE)
        except sqlite3.OperationalError:
            return  # The independent computation needs every column.
        finally:
            store_token(self.db, outcome)
        if differing := dataset_differences(expected, found):
            raise Different("dataset " + "\n".join(differing))

    def _back_up(self, _: list[str]) -> None:
        self._backup.unlink(missing_ok=True)
        with closing(sqlite3.connect(self._backup)) as backup:
            self._connection.backup(backup)

    def _restore(self, words: list[str]) -> None:
        if not self._backup.exists():
            return
        self._connection.close()
        for ending in ("-wal", "-shm"):
            self.db.with_name(self.db.name + ending).unlink(missing_ok=True)
        if words == ["renaming"]:
            restored = self._backup.with_name("restored.db")
            shutil.copyfile(self._backup, restored)
            restored.rename(self.db)
        else:
            shutil.copyfile(self._backup, self.db)
        self._connection = self._connect()
        self._connection.execute("pragma journal_mode = wal")

    def _note_changes(self, _: list[str]) -> None:
        from engine.store.sqlite.change_log import create_change_log

        create_change_log(self.db)

    def _prune(self, _: list[str]) -> None:
        through = None if self.outcome is None else self.outcome.changes_through
        if through is not None:
            self.ask(
                f"delete from dashboard_changes where id <= {through}"
                " and id < (select max(id) from dashboard_changes)"
            )


def _values(outcome: RunOutcome) -> dict[str, str]:
    """Return what each dataset came to, as text that shows every bit of a number."""
    values = {dataset.name: repr(payload.decode(dataset.value.blob)) for dataset in outcome.computed}
    return values | {problem.name: f"{problem.kind}: {problem.reason}" for problem in outcome.problems}
