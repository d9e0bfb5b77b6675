"""``python -m benchmarks.soak``: a life of the dashboard in minutes, and which promises were not kept."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import click

from benchmarks.soak.day import DAY, DayReport, live_a_day
from benchmarks.soak.findings import findings_of_day, findings_of_life, findings_of_source
from benchmarks.soak.life import READERS, SOCKETS, Life, Pace, live
from benchmarks.soak.samples import early_and_late
from engine.cli.main import run_command
from engine.cli.terminal_text import say_lines
from engine.demo import generate
from engine.model.clock import wall_clock

DAY_SHARE = 0.25


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--minutes", default=10.0, show_default=True, help="How long it lasts.")
@click.option("--scale", default=0.1, show_default=True, help="Of its database; 1 is 20,000 sites.")
@click.option("--transactions", default=200.0, show_default=True, help="Of the pipeline, a second.")
@click.option("--disrupted-every", default=15.0, show_default=True, help="Seconds between two disruptions.")
def soak(minutes: float, scale: float, transactions: float, disrupted_every: float) -> None:
    """Serve a demo to readers and open pages while a pipeline writes and things go wrong, then live a day.

    Exits with 1 if a promise is not kept: an error of the pipeline or of a reader, memory, open files or
    logs that grow, a failed run in the fast day, a replica that differs from its source.
    """
    with tempfile.TemporaryDirectory(prefix="dashboard-soak-") as folder:
        findings = soak_in(
            Path(folder),
            seconds=60 * minutes,
            scale=scale,
            transactions_a_second=transactions,
            disrupted_every_seconds=disrupted_every,
            tell=say_lines,
        )
    say_lines("all promises kept" if not findings else "\n".join(("not kept:", *findings)))
    sys.exit(bool(findings))


def soak_in(
    folder: Path,
    *,
    seconds: float,
    scale: float,
    transactions_a_second: float,
    disrupted_every_seconds: float,
    tell: Callable[[str], None],
) -> list[str]:
    """Return the promises that are not kept in a soak in an empty folder; ``tell`` hears its figures.

    Raises ComputeError if the dashboard cannot be served.
    """
    db, state_dir = folder / "sites.db", folder / "sites.state"
    of_day, state_of_day = folder / "day.db", folder / "day.state"
    for made in (state_dir, state_of_day):
        made.mkdir()
    generate(db, scale=scale, now=wall_clock())
    life = live(
        Pace(seconds * (1 - DAY_SHARE), transactions_a_second, disrupted_every_seconds), db, state_dir, folder
    )
    tell(_of_life(life))
    begin = wall_clock() - DAY
    generate(of_day, scale=scale / 2, now=begin)
    day = live_a_day(of_day, state_of_day, begin, seconds * DAY_SHARE)
    tell(_of_day(day, seconds * DAY_SHARE))
    return [
        *findings_of_life(life),
        *findings_of_day(day),
        *findings_of_source(db, state_dir),
        *findings_of_source(of_day, state_of_day),
    ]


def _of_life(life: Life) -> str:
    memory = early_and_late(life.samples, lambda one: one.memory_bytes)
    handles = early_and_late(life.samples, lambda one: one.handles)
    answers = ", ".join(f"{count:,} with {status}" for status, count in sorted(life.heard.statuses.items()))
    disrupted = ", ".join(f"{name} {count} times" for name, count in life.disruptions.items())
    return "\n".join(
        (
            f"in {life.pace.seconds:.0f} s beside {READERS} readers and {SOCKETS} open pages",
            f"  transactions {life.written.transactions:,}, failed {life.written.failed},"
            f" slowest {life.written.slowest_ms:.0f} ms",
            f"  answers {answers}; failed {life.heard.failed}, slowest {life.heard.slowest_ms:.0f} ms;"
            f" live messages {life.heard.messages:,}",
            f"  runs {life.runs}; {disrupted or 'nothing went wrong'}",
            f"  memory {memory[0] / 1e6:.0f} MB early, {memory[1] / 1e6:.0f} MB late;"
            f" open files {handles[0]} and {handles[1]}",
            f"  write-ahead log at most {max(one.wal_bytes for one in life.samples) / 1e6:.1f} MB;"
            f" the server's log {life.samples[-1].log_bytes / 1e3:.1f} kB",
        )
    )


def _of_day(day: DayReport, seconds: float) -> str:
    runs = ", ".join(f"{count} by {trigger}" for trigger, count in sorted(day.runs.items()))
    return f"a day in {seconds:.0f} s: runs {runs}; replica {day.replica_bytes / 1e6:.1f} MB"


def main(arguments: list[str] | None = None) -> None:
    """Run the soak's command and exit: 0, or 1 with what was not kept."""
    run_command(soak, "soak", arguments)
