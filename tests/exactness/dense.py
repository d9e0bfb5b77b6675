"""Owns small sources whose rows lie on the edges of the datasets' clauses, already read.

Unlike a hostile database, which holds every odd value, one of these holds few rows that nearly all
matter: ties, stamps on the first and last second of a window, runs of equal statuses. A comment says
which clause a value is for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.oracle.clock import Clock
from tests.oracle.reading import Stored
from tests.oracle.source import (
    Conversation,
    CronJob,
    CronJobLog,
    FileFacts,
    HttpError,
    LlmUsage,
    Outreach,
    Site,
    SiteStatus,
    Source,
)

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)
NULL, UNREADABLE = Stored("null", None), Stored("text", b"soon")
_STATUSES = ("found", "scored", "outreach_partial", "outreach_sent")


@dataclass(frozen=True)
class Dense:
    """Draws the rows of one source around one clock's now; ``variety`` is the share of messages of a kind."""

    rng: Random
    clock: Clock
    variety: float

    def source(self, only: Sequence[str] = ()) -> Source:
        """All tables, or only some; their rows are in the order of their ids, and stamped in any.

        With only some, the entries of sites always end in a silence.
        """
        outreaches = self._outreaches()
        tables: dict[str, list[Any]] = {
            "sites": self._sites(),
            "site_status": self._silence() if only or self.rng.random() < 0.5 else self._site_status(),
            "outreaches": outreaches,
            "conversations": self._conversations(outreaches),
            "llm_usage": self._llm_usage(),
            "http_errors": [
                HttpError(number, 404, self.stamp()) for number in range(1, self.rng.randrange(1, 14))
            ],
            "cron_jobs": self._cron_jobs(),
            "cron_job_logs": self._cron_job_logs(),
            "system_metrics": [],
        }
        if only:
            tables = {name: tables[name] for name in only}
        return Source(tables, [], {}, FileFacts(0, 0, 0, 0, 0, "wal", "ok"))

    def stamp(self) -> datetime | None:
        """On the edge of a window that ends now, or a second off; at times null or in the future."""
        kind = self.rng.random()
        if kind < 0.06:
            return None
        if kind < 0.12:
            return self.clock.now + self.rng.choice((SECOND, HOUR))
        if kind < 0.3:
            return self.clock.now - timedelta(seconds=self.rng.randrange(60 * 86400))
        edge = self.clock.now - self.rng.choice((0, 12, 24, 48, 100, 168, 336, 500, 720)) * HOUR
        if kind < 0.4:
            days = self.clock.days(60)
            # Mondays above all: a week begins with one.
            day = self.rng.choice([day for day in days if day.weekday() == 0 or self.rng.random() < 0.1])
            edge = datetime(day.year, day.month, day.day, tzinfo=self.clock.zone)
            edge = edge.astimezone(self.clock.now.tzinfo)
        return edge + self.rng.choice((-1, 0, 0, 0, 1)) * SECOND

    def _sites(self) -> list[Site]:
        sites = []
        for number in range(1, 13):
            status = self.rng.choice((*_STATUSES, *_STATUSES, "excluded", "failing", "odd", None))
            sites.append(Site(number, status, self._message(), self.stamp()))
        return sites

    def _site_status(self) -> list[SiteStatus]:
        """Few sites with many entries: runs of one status, ties broken by id, entries of nobody."""
        rows = []
        for number in range(1, self.rng.randrange(2, 60)):
            # 99 is in no row of sites; null belongs to no site and counts as an entry all the same.
            site_id = self.rng.choice((*range(1, 9), *range(1, 9), 99, None))
            # A null status is another status: with it a stay ends.
            status = self.rng.choice((*_STATUSES, *_STATUSES, "excluded", "odd", None))
            rows.append(SiteStatus(number, site_id, status, self.stamp()))
        return rows

    def _silence(self) -> list[SiteStatus]:
        """Entries up to some time ago, and around the same stretch of earlier weeks and days."""
        now = self.clock.now
        # Up to 799 s ago the silence is empty: three quarters of it are not more than 600 s.
        lengths_s = (599, 799, 800, 801, 803, 1200, 3600, 6 * 3600, 26 * 3600, 8 * 86400, 15 * 86400)
        length_s = self.rng.choice(lengths_s)
        last = now - length_s * SECOND
        begin, end = last + (length_s // 4) * SECOND, now - 600 * SECOND
        moments = [last]
        shifts = [weeks * 168 for weeks in range(1, 5)]
        if self.rng.random() < 0.5:
            # No entry is old enough for a week: days stand in.
            shifts = [days * 24 for days in range(1, 8)]
            moments.append(begin - self.rng.choice(shifts) * HOUR + self.rng.choice((-1, 0, 1)) * SECOND)
        else:
            # The oldest entry begins the first like, or misses it by a second.
            moments.append(begin - self.rng.choice(shifts) * HOUR + self.rng.choice((-1, 0, 1)) * SECOND)
            # A week before a like, to the second: a like without an entry in it is none.
            older = begin - self.rng.choice(shifts) * HOUR - 168 * HOUR
            moments += [older + self.rng.choice((-1, 0, 1)) * SECOND] * self.rng.randrange(2)
        # Few likes with many entries: the mean is high enough, but not as many of them have an entry.
        counts = self.rng.choice(((1, 7, 8, 8, 9, 20), (20, 40)))
        active = self.rng.choice((len(shifts), len(shifts) - 1, len(shifts) - 2, 1))
        for place_of_shift, shift in enumerate(self.rng.sample(shifts, len(shifts))):
            if place_of_shift < active:
                places = [begin, begin + SECOND, begin + (end - begin) / 2, end, end + SECOND]
                # Eight is the mean from which a silence is noticed.
                for _ in range(self.rng.choice(counts)):
                    place = self.rng.choice(places).replace(microsecond=0)
                    moments.append(place - shift * HOUR)
        kept = [moment for moment in moments if moment <= last]
        # What is stamped later than now ends no silence.
        extra = [None, now + SECOND]
        return [SiteStatus(number, 1, "found", moment) for number, moment in enumerate([*kept, *extra], 1)]

    def _outreaches(self) -> list[Outreach]:
        rows = []
        for number in range(1, self.rng.randrange(2, 30)):
            # Site 50 is not in sites: its replies make no outcome.
            site_id = self.rng.choice((*range(1, 13), 50, None))
            status = self.rng.choice(
                ("pending", "approved", "sent", "delivered", "bounced", "failed", "odd", None)
            )
            delivered_at = self.stamp() if self.rng.random() < 0.4 else None
            channel = self.rng.choice(("email", "sms", None))
            rows.append(
                Outreach(
                    number,
                    site_id,
                    channel,
                    status,
                    self._message(),
                    self.stamp(),
                    self.stamp(),
                    delivered_at,
                )
            )
        return rows

    def _conversations(self, outreaches: list[Outreach]) -> list[Conversation]:
        """Replies on the first and last second of a week after the sending; threads of many turns."""
        rows = []
        delays_s = (-1, 0, 1, 60, 3600, 168 * 3600 - 1, 168 * 3600, 168 * 3600 + 1)
        for number in range(1, self.rng.randrange(2, 70)):
            outreach = self.rng.choice(outreaches)
            received_at = self.stamp()
            if outreach.sent_at is not None and self.rng.random() < 0.6:
                received_at = outreach.sent_at + self.rng.choice(delays_s) * SECOND
            # Another direction is passed over even as the newest; 99 is an unknown outreach.
            direction = self.rng.choice(("inbound", "inbound", "outbound", "odd", None))
            sentiment = self.rng.choice(("positive", "positive", "negative", "odd", None))
            outreach_id = outreach.id if self.rng.random() < 0.9 else self.rng.choice((99, None))
            # A message whose read_at is unreadable has been read.
            read_at = self.rng.choice((NULL, UNREADABLE))
            rows.append(Conversation(number, outreach_id, direction, sentiment, received_at, read_at))
        return rows

    def _llm_usage(self) -> list[LlmUsage]:
        rows = []
        for number in range(1, self.rng.randrange(1, 40)):
            site_id = self.rng.choice((*range(1, 13), 50, None))
            cost = self.rng.choice((None, 0, 0.25, 0.1, -0.1, 1e12))
            rows.append(LlmUsage(number, site_id, "scoring", "p", "m", 1, 1, cost, self.stamp()))
        return rows

    def _cron_jobs(self) -> list[CronJob]:
        """Job `quiet` has no run; a job without a readable key has none either."""
        jobs = []
        for number, key in enumerate(("a", "b", "quiet", None), 1):
            # An unknown unit and a null interval leave a job without successes never stuck.
            unit = self.rng.choice(("minutes", "hours", "weeks", None))
            interval = self.rng.choice((0, 5, 10, 11, 20, None))
            enabled = self.rng.choice((True, True, True, False, None))
            jobs.append(CronJob(number, f"Job {number}", key, interval, unit, enabled, False, None))
        return jobs

    def _cron_job_logs(self) -> list[CronJobLog]:
        rows = []
        # With few successes p95 is one of these; three times 200 is the least that can be stuck.
        durations_s = self.rng.choice(((0, 1), (200, 201), (300,), (-1, 400), range(30)))
        words = self.rng.choice(
            (
                ("success", "failed", "running", "odd", None),
                ("failed", "running"),
                ("success",) * 9 + ("running",),
            )
        )
        for number in range(1, self.rng.randrange(1, 60)):
            job_name = self.rng.choice(("a", "a", "b", "unknown", None))
            status = self.rng.choice(words)
            started_at = self.stamp()
            if status == "running" and self.rng.random() < 0.5:
                # The latest run is running for just as long as it may, or a second longer.
                started_at = (
                    self.clock.now - self.rng.choice((599, 600, 601, 603, 604, 660, 661, 900)) * SECOND
                )
            finished_at = None
            if started_at is not None and self.rng.random() < 0.9:
                finished_at = started_at + self.rng.choice(durations_s) * SECOND
            processed, failed = (self.rng.choice((None, 0, 1, 2.5, 1e12)) for _ in range(2))
            rows.append(
                CronJobLog(
                    number, job_name, status, started_at, finished_at, self._message(), processed, failed
                )
            )
        return rows

    def _message(self) -> str | None:
        """Three spellings of one group, messages of nothing but what is removed, many groups at times."""
        if self.rng.random() < self.variety:
            return "kind " + "".join(self.rng.choice("uvwxyz") for _ in range(3))
        return self.rng.choice(
            (
                None,
                "",
                " \n\u2028",
                "\u200b\x1f\x00",
                "timeout 5",
                "timeout\t7\r\n",
                "time\u200bout \u00a0 9",
                "(no message)",
                # Replaced before it is cut: what follows the address remains.
                f"https://{'a' * 250} gone",
                "\U0001f4a5" * 498 + " x y",
                "a" * 199 + "12",
            )
        )
