"""The pipeline of a soak: a process that writes small transactions to the source, as fast as it is told.

It can be stopped and started again, because an operator stops it to replace the file. What fails is
counted: a dashboard that gets into the pipeline's way shows up here.
"""

from __future__ import annotations

import multiprocessing
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

from engine.model.clock import to_sqlite, wall_clock

# What a pipeline waits for a lock before it gives up.
BUSY_SECONDS = 5.0
ANSWER_SECONDS = 60.0
STAGES = ("assets_captured", "scored", "rescored", "enriched", "proposals_drafted", "outreach_sent")


@dataclass(frozen=True)
class Written:
    """What a pipeline has done so far: transactions, failed ones with the first error, the slowest in ms."""

    transactions: int
    failed: int
    first_error: str | None
    slowest_ms: float


class Pipeline:
    """The handle of the process; ``stop`` and ``start`` take effect before they return."""

    def __init__(self, db: Path, a_second: float) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_write, args=(db, a_second, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def start(self) -> Written:
        """Open the file and write, until stopped; return what was written before."""
        return self._tell("start")

    def stop(self) -> Written:
        """Close the file after the transaction under way; return what has been written."""
        return self._tell("stop")

    def end(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.join(ANSWER_SECONDS)

    def _tell(self, word: str) -> Written:
        self._pipe.send(word)
        if not self._pipe.poll(ANSWER_SECONDS):
            raise TimeoutError(f"the pipeline did not {word} in {ANSWER_SECONDS:.0f} s")
        written = self._pipe.recv()
        assert isinstance(written, Written)
        return written


def _write(db: Path, a_second: float, pipe: Connection) -> None:
    writer = _Writer(db, Random(7))
    try:
        while True:
            is_wanted = pipe.recv() == "start"
            pipe.send(writer.written())
            while is_wanted:
                is_wanted = writer.write_until_told(1 / a_second, pipe)
                pipe.send(writer.written())
    except EOFError:
        return


class _Writer:
    def __init__(self, db: Path, random: Random) -> None:
        self._db = db
        self._random = random
        self._transactions = self._failed = 0
        self._first_error: str | None = None
        self._slowest = 0.0

    def written(self) -> Written:
        return Written(self._transactions, self._failed, self._first_error, self._slowest * 1000)

    def write_until_told(self, pause: float, pipe: Connection) -> bool:
        """Write until a word comes; return whether it is to go on."""
        with closing(sqlite3.connect(self._db, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
            due = time.perf_counter()
            while not pipe.poll():
                self._write_one(connection)
                # A pipeline that was held up does not make up for it.
                due = max(due + pause, time.perf_counter() - pause)
                time.sleep(max(0.0, due - time.perf_counter()))
        return bool(pipe.recv() == "start")

    def _write_one(self, connection: sqlite3.Connection) -> None:
        began = time.perf_counter()
        try:
            connection.execute("begin immediate")
            self._perform(connection, to_sqlite(wall_clock()))
            connection.execute("commit")
            self._transactions += 1
        except sqlite3.Error as error:
            if connection.in_transaction:
                connection.execute("rollback")
            self._failed += 1
            self._first_error = self._first_error or str(error)
        self._slowest = max(self._slowest, time.perf_counter() - began)

    def _perform(self, connection: sqlite3.Connection, at: str) -> None:
        random = self._random
        (sites,) = connection.execute("select coalesce(max(id), 0) from sites").fetchone()
        site, kind = random.randint(1, max(1, sites)), random.random()
        if kind < 0.1:
            connection.execute(
                "insert into sites (domain, status, created_at, updated_at) values (?, 'found', ?, ?)",
                (f"site{sites + 1}.example", at, at),
            )
        elif kind < 0.4:
            stage = random.choice(STAGES)
            connection.execute("update sites set status = ?, updated_at = ? where id = ?", (stage, at, site))
            connection.execute(
                "insert into site_status (site_id, status, created_at) values (?, ?, ?)", (site, stage, at)
            )
        elif kind < 0.7:
            connection.execute(
                "insert into llm_usage (site_id, stage, provider, model, prompt_tokens, completion_tokens,"
                " estimated_cost, created_at) values (?, 'scoring', 'openrouter', 'small', ?, ?, ?, ?)",
                (site, random.randrange(4000), random.randrange(900), random.random() / 100, at),
            )
        elif kind < 0.85:
            connection.execute(
                "insert into outreaches (site_id, contact_method, status, created_at, updated_at, sent_at)"
                " values (?, ?, 'sent', ?, ?, ?)",
                (site, random.choice(("email", "sms", "form")), at, at, at),
            )
        elif kind < 0.95:
            connection.execute(
                "insert into http_errors (site_id, status_code, occurred_at) values (?, ?, ?)",
                (site, random.choice((None, 403, 404, 500)), at),
            )
        else:
            connection.execute(
                "insert into system_metrics (cpu_percent, memory_percent, disk_percent, recorded_at)"
                " values (?, ?, 40, ?)",
                (random.uniform(5, 95), random.uniform(30, 60), at),
            )
