"""The pipeline's scheduled jobs and their runs.

Whatever the seed, one job keeps failing, one is overdue, one is disabled, one is running now, two
runs of one were killed and never ended, and the rest are healthy.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from uuid import UUID

from engine.demo.stamps import stamper
from engine.demo.timeline import (
    BACKUP_OF_DAY,
    DAY,
    HOUR,
    MACHINE,
    MINUTE,
    REPLYING,
    SENDING,
    Rhythm,
    Scene,
    Timeline,
)
from engine.demo.writer import Writer

_UNIT_S = {"minutes": MINUTE, "hours": HOUR, "days": DAY}
_FAILS_IN_OUTAGE = 0.8


@dataclass(frozen=True)
class _Job:
    """A job and its character.

    `items` is what an average run handles at scale 1; `of_day` the second of the day of a job with a
    fixed time, else None; `silent_intervals` how many intervals ago a job last ran that should have
    run since, else None; `killed` the runs, counted back from the latest, that never ended.
    """

    key: str
    name: str
    description: str
    interval: int
    unit: str
    items: float
    base_s: float
    item_s: float
    failing: float = 0.006
    rhythm: Rhythm = MACHINE
    of_day: int | None = None
    critical: bool = False
    needs_network: bool = True
    enabled: bool = True
    silent_intervals: float | None = None
    last_failed: bool = False
    running: bool = False
    killed: tuple[int, ...] = ()
    error: str = "Request {uuid} timed out after 30000 ms"

    @property
    def interval_s(self) -> int:
        return self.interval * _UNIT_S[self.unit]


_JOBS = (
    _Job(
        "siteDiscovery", "Site discovery", "Searches for new sites by keyword",
        30, "minutes", 4.6, 14, 1.9, critical=True,
        error="Search API answered 503 for page {number}",
    ),
    _Job(
        "assetCapture", "Asset capture", "Opens found sites and captures page and screenshot",
        20, "minutes", 3.1, 11, 12.0, failing=0.014, critical=True,
        error="Browser {uuid} crashed on site {number}",
    ),
    _Job(
        "siteScoring", "Site scoring", "Scores captured sites",
        20, "minutes", 2.9, 6, 6.5, critical=True,
        error="Request {uuid} failed: 529 overloaded",
    ),
    _Job(
        "siteRescoring", "Site rescoring", "Scores the promising sites again, in depth",
        2, "hours", 15.5, 20, 9.0, running=True,
        error="Request {uuid} failed: 529 overloaded",
    ),
    _Job(
        "contactEnrichment", "Contact enrichment", "Finds the contacts of rescored sites",
        1, "hours", 7.2, 15, 11.0, failing=0.011, killed=(7, 32),
        error="Directory lookup {number} failed: 429 Too Many Requests",
    ),
    _Job(
        "proposalDrafting", "Proposal drafting", "Drafts a message for every contact",
        1, "hours", 28.0, 12, 8.5,
        error="Prompt of {number} tokens exceeds the limit",
    ),
    _Job(
        "outreachSending", "Outreach sending", "Sends approved messages in office hours",
        30, "minutes", 12.0, 5, 3.5, rhythm=SENDING, critical=True,
        error="SMTP relay refused the connection (attempt {number})",
    ),
    _Job(
        "inboxSync", "Inbox sync", "Fetches answers from mailboxes and the SMS gateway",
        20, "minutes", 2.0, 4, 1.2, rhythm=REPLYING, critical=True,
        error="IMAP connection closed after {number} ms",
    ),
    _Job(
        "linkedinSync", "LinkedIn sync", "Fetches LinkedIn messages",
        3, "hours", 4.0, 25, 4.0, rhythm=REPLYING, failing=0.38, last_failed=True,
        error="Session {uuid} expired, log in again",
    ),
    _Job(
        "keywordResearch", "Keyword research", "Adds search keywords from the last week's best sites",
        6, "hours", 40.0, 35, 0.8, silent_intervals=5.6,
        error="Quota of {number} requests exhausted",
    ),
    _Job(
        "databaseBackup", "Database backup", "Copies the database to the backup volume",
        1, "days", 1.0, 720, 10.0, of_day=BACKUP_OF_DAY, critical=True, needs_network=False,
        error="disk I/O error at page {number}",
    ),
    _Job(
        "directoryImport", "Directory import", "Imports sites from the old business directory",
        1, "days", 120.0, 90, 0.6, enabled=False, silent_intervals=37.3,
        error="Row {number}: unexpected end of file",
    ),
)  # fmt: skip

_Run = tuple[int, int, _Job]  # started_at, the run's number counted from the latest, the job


def write_cron(scene: Scene, writer: Writer) -> None:
    """Writes cron_jobs and cron_job_logs; the number of runs does not depend on the scale."""
    random = scene.random("cron")
    runs = {job.key: list(_starts(scene, job, random)) for job in _JOBS}
    _write_jobs(scene, writer, random, {key: starts[-1][0] for key, starts in runs.items()})
    loads = {
        rhythm: Timeline(scene, rhythm, "cron/load", growth=True, during_outage=0.3)
        for rhythm in (MACHINE, SENDING, REPLYING)
    }
    stamp = stamper(scene, random, 0.5)
    add = writer.rows("cron_job_logs")
    for started_at, from_latest, job in heapq.merge(*runs.values(), key=lambda run: run[0]):
        status = _status(scene, job, started_at, from_latest, random)
        items = 0 if status == "running" else _items(scene, job, loads[job.rhythm].level(started_at), random)
        duration_s = (job.base_s + job.item_s * items) * random.lognormvariate(0.0, 0.25)
        failed_items = sum(random.random() < 0.02 for _ in range(min(items, 50)))
        summary = error = finished = None
        if status == "failed":
            duration_s *= 0.1 + 0.8 * random.random()
            items = int(items * random.random())
            failed_items = min(items, failed_items + random.randint(0, 3))
            uuid = UUID(int=random.getrandbits(128), version=4)
            error = job.error.format(number=random.randint(2, 4999), uuid=uuid)
        if status != "running":
            limit_s = min(0.45 * job.interval_s, scene.now - 1 - started_at)
            finished = stamp(started_at + max(1, int(min(duration_s, limit_s))))
            done = {"processed": items, "failed": failed_items, "skipped": int(items * random.random() * 0.3)}
            summary = json.dumps(done)
        add((None, job.key, status, stamp(started_at), finished, summary, error, items, failed_items))
        writer.flush()


def _starts(scene: Scene, job: _Job, random: Random) -> Iterator[_Run]:
    """Return the job's runs in order of time, at its interval; its state decides when the latest was."""
    if job.running:
        since_s = 190.0
    elif job.silent_intervals is not None:
        since_s = job.silent_intervals * job.interval_s
    elif job.of_day is not None:
        # Runs begin at least half an hour ago, because the latest run must have ended.
        since_s = HOUR / 2 + (scene.now - HOUR // 2 - job.of_day) % DAY
    else:
        since_s = (0.3 + 0.5 * random.random()) * job.interval_s
    latest = scene.now - since_s
    count = int((latest - scene.start) // job.interval_s) + 1
    for from_latest in range(count - 1, -1, -1):
        lateness = random.expovariate(1 / 2.5)  # the scheduler wakes up a little late
        yield int(latest - from_latest * job.interval_s + min(lateness, 30.0)), from_latest, job


def _status(scene: Scene, job: _Job, started_at: int, from_latest: int, random: Random) -> str:
    if from_latest in job.killed or (from_latest == 0 and job.running):
        return "running"
    if from_latest <= 1:  # the latest finished run says how the job is doing, so it is not left to chance
        return "failed" if job.last_failed else "success"
    failing = _FAILS_IN_OUTAGE if job.needs_network and scene.in_outage(started_at) else job.failing
    return "failed" if random.random() < failing else "success"


def _items(scene: Scene, job: _Job, level: float, random: Random) -> int:
    if job.unit == "days":
        level = 1.0
    mean = job.items * (scene.scale if job.key != "databaseBackup" else 1.0) * level
    return max(0, round(random.gauss(mean, mean**0.5)))


def _write_jobs(scene: Scene, writer: Writer, random: Random, last_runs: dict[str, int]) -> None:
    stamp = stamper(scene, random, 0.4)
    add = writer.rows("cron_jobs")
    for job in _JOBS:
        last_run = last_runs[job.key]
        add(
            (
                None,
                job.name,
                job.key,
                job.description,
                "function",
                job.key,
                job.interval,
                job.unit,
                int(job.enabled),
                int(job.critical),
                stamp(last_run),
                stamp(scene.start),
                stamp(max(last_run, scene.now - 36 * DAY) if not job.enabled else last_run),
            )
        )
