"""What the pipeline writes: rows of every table, stamps in both spellings, and odd values in their place."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta

from engine.model.catalogue.staging import staging
from tests.histories.history import START
from tests.hostile import values
from tests.hostile.rows import LLM_STAGES, METHODS, MODELS, OUTREACH_STATUSES, PROVIDERS, SENTIMENTS, STATUSES
from tests.hostile.values import Cell

Row = dict[str, Cell]

SITES, OUTREACHES, JOBS = 40, 40, 6
MESSAGES = ("timeout after 3000 ms", "GET https://example.com/a failed", "  ", "", "x" * 300)
STEPS_S = (0, 0, 0, 1, 1, 2, 3, 7, 60, 900, 3600, 86_400)


class Clock:
    """The pipeline's clock, in whole seconds; it goes on only in ``go_on``."""

    def __init__(self, rng: random.Random, now: datetime = START) -> None:
        self._rng = rng
        self.now = now

    def go_on(self) -> None:
        """Let some time pass, often none, often until the next minute begins or midnight is just past."""
        kind = self._rng.random()
        if kind < 0.3:
            self.go_to_next_minute()
        elif kind < 0.35:
            self.now = self.now.replace(hour=0, minute=0, second=0) + timedelta(days=1)
        else:
            self.now += timedelta(seconds=self._rng.choice(STEPS_S))

    def go_to_next_minute(self) -> None:
        """Let time pass until the minute is over."""
        self.now = self.now.replace(second=0) + timedelta(minutes=1)

    def stamp(self, late_s: int | None = None) -> str:
        """Return the time in SQLite's or JavaScript's spelling, taken so long before, up to two seconds."""
        at = self.now - timedelta(seconds=self._rng.choice((0, 0, 0, 1, 2)) if late_s is None else late_s)
        if self._rng.random() < 0.5:
            return at.strftime("%Y-%m-%d %H:%M:%S")
        return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{self._rng.randrange(1000):03}Z"


class Draw:
    """Rows drawn from a seed; the same calls in the same order give the same rows."""

    def __init__(self, rng: random.Random, clock: Clock) -> None:
        self.rng = rng
        self.clock = clock

    def row(self, table: str) -> Row:
        """Return a row as the pipeline writes it, without an id."""
        rows: dict[str, Callable[[], Row]] = {
            "sites": self._site,
            "site_status": self._site_status,
            "outreaches": self._outreach,
            "conversations": self._conversation,
            "llm_usage": self._llm_usage,
            "http_errors": self._http_error,
            "cron_jobs": self._cron_job,
            "cron_job_logs": self._cron_job_log,
            "system_metrics": self._system_metric,
        }
        return rows[table]()

    def odd_cell(self, table: str, column: str) -> Cell:
        """Return a value that the column is not meant to hold, or null."""
        return self.rng.choice(_ODD[_CASTS.get((table, column), "read_text")])

    def odd_row(self, table: str, share: float) -> Row:
        """Return a row, this share of whose values are odd."""
        row = self.row(table)
        return {
            column: self.odd_cell(table, column) if self.rng.random() < share else value
            for column, value in row.items()
        }

    def _message(self) -> Cell:
        return self.rng.choice(MESSAGES) if self.rng.random() < 0.3 else None

    def _site(self) -> Row:
        stamp = self.clock.stamp()
        return {
            "domain": f"site{self.rng.randrange(10**6)}.example",
            "html_dom": "<html>" * self.rng.randrange(4),
            "status": self.rng.choice(STATUSES),
            "score": self.rng.random() * 10,
            "error_message": self._message(),
            "created_at": stamp,
            "updated_at": stamp,
        }

    def _site_status(self) -> Row:
        return {
            "site_id": self.rng.randrange(1, SITES),
            "status": self.rng.choice(STATUSES),
            "created_at": self.clock.stamp(),
        }

    def _outreach(self) -> Row:
        stamp = self.clock.stamp()
        status = self.rng.choice(OUTREACH_STATUSES)
        return {
            "site_id": self.rng.randrange(1, SITES),
            "contact_method": self.rng.choice(METHODS),
            "status": status,
            "proposal_text": "Dear reader, " * self.rng.randrange(5),
            "error_message": self._message(),
            "created_at": stamp,
            "updated_at": stamp,
            "sent_at": self.clock.stamp() if status != "pending" else None,
            "delivered_at": self.clock.stamp() if status == "delivered" else None,
        }

    def _conversation(self) -> Row:
        direction = self.rng.choice(("inbound", "inbound", "outbound"))
        was_read = direction == "inbound" and self.rng.random() < 0.2
        return {
            "outreach_id": self.rng.randrange(1, OUTREACHES),
            "direction": direction,
            "channel": self.rng.choice(METHODS),
            "sentiment": self.rng.choice((*SENTIMENTS, None)),
            "message_body": "Hello " * self.rng.randrange(5),
            "received_at": self.clock.stamp(),
            "read_at": self.clock.stamp() if was_read else None,
        }

    def _llm_usage(self) -> Row:
        return {
            "site_id": self.rng.randrange(1, SITES),
            "stage": self.rng.choice(LLM_STAGES),
            "provider": self.rng.choice(PROVIDERS),
            "model": self.rng.choice(MODELS),
            "prompt_tokens": self.rng.randrange(4000),
            "completion_tokens": self.rng.randrange(900),
            "estimated_cost": self.rng.choice((self.rng.random() / 7, self.rng.random() * 1e-7, 0.1, 0)),
            "created_at": self.clock.stamp(),
        }

    def _http_error(self) -> Row:
        return {
            "site_id": self.rng.randrange(1, SITES),
            "status_code": self.rng.choice((404, 500, 503, None)),
            "url": "https://a.example/",
            "occurred_at": self.clock.stamp(),
        }

    def _cron_job(self) -> Row:
        return {
            "name": self.rng.choice(("Scoring", "Replies", "Prune", "Job")),
            "task_key": f"job{self.rng.randrange(JOBS)}",
            "interval_value": self.rng.choice((1, 5, 60)),
            "interval_unit": self.rng.choice(("minutes", "hours", "days")),
            "enabled": self.rng.choice((0, 1, 1)),
            "critical": self.rng.choice((0, 1)),
            "last_run_at": self.clock.stamp(),
            "created_at": self.clock.stamp(),
            "updated_at": self.clock.stamp(),
        }

    def _cron_job_log(self) -> Row:
        return {
            "job_name": f"job{self.rng.randrange(JOBS)}",
            "status": "running",
            "started_at": self.clock.stamp(),
        }

    def _system_metric(self) -> Row:
        return {
            "cpu_percent": self.rng.random() * 100,
            "memory_percent": self.rng.random() * 100,
            "disk_percent": self.rng.choice((71.5, 0.1 + 0.2, 1 / 3)),
            "recorded_at": self.clock.stamp(),
        }


TABLES = ("sites", "site_status", "outreaches", "conversations", "llm_usage", "http_errors", "cron_jobs",
          "cron_job_logs", "system_metrics")  # fmt: skip

_CASTS = {
    (staged.source_table, column.readings[0].source_column): column.readings[0].cast
    for staged in staging().values()
    for column in staged.columns
}
_ODD_TEXTS: tuple[Cell, ...] = (
    *values.UNREADABLE_TEXTS,
    *values.MESSAGES,
    "",
    "nul \x00 inside",
    7,
    2.5,
    None,
)
_ODD: dict[str, tuple[Cell, ...]] = {
    "read_id": (None, "abc", b"7", 5.5, 2**62, -1, 1e19, "12", 1e300, "", values.RawText(b"\xff"), 0),
    "read_integer": values.STATUS_CODES,
    "read_number": (None, *values.ODD_NUMBERS, *values.HUGE_COUNTS, 1e9, 0.1, -0.0),
    "read_flag": (None, *values.ODD_NUMBERS),
    "read_text": _ODD_TEXTS,
    "read_label": (None, *values.ODD_LABELS, " Found\n", "SENT"),
    "read_instant": (None, *values.ODD_STAMPS, "2099-01-01 00:00:00", "2026-11-23T22:00:00+02:00"),
    "is_present": (None, *values.ODD_STAMPS),
}
