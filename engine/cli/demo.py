"""``dashboard demo``, and the demo database that ``serve --demo`` keeps for the day."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import click

from engine.cli.options import SourceType, progress_bar
from engine.cli.terminal_text import say
from engine.model.clock import parse_now, wall_clock
from engine.model.errors import SettingError
from engine.model.places.postgres_address import PostgresAddress, SourceAddress
from engine.model.private_files import make_private_folder
from engine.model.source_file.open_files import holders
from engine.model.values.results import Progress

DEMO_DIR = Path(".demo")


@click.command()
@click.option(
    "--out",
    required=True,
    type=SourceType("--out", Path),
    help="The file to make, or the address of an empty database of PostgreSQL.",
)
@click.option(
    "--scale", default=1.0, show_default=True, help="1 is 20,000 sites in 90 days; other tables follow."
)
@click.option("--days", default=90, show_default=True, help="The length of the history, at the same rate.")
@click.option("--seed", default=42, show_default=True, help="The same seed and now give the same rows.")
@click.option("--now", "now_text", metavar="ISO", help="The instant at which the data ends; now by default.")
def demo(out: SourceAddress, scale: float, days: int, seed: int, now_text: str | None) -> None:
    """Make a realistic sites.db: the last months of an outreach pipeline."""
    now = wall_clock() if now_text is None else parse_now(now_text)
    if isinstance(out, Path):
        make_demo(out, scale, seed, now, days)
    else:
        make_demo_on_server(out, scale, seed, now, days)


def make_demo_on_server(out: PostgresAddress, scale: float, seed: int, now: datetime, days: int) -> None:
    """Make a demo in PostgreSQL. Raises DashboardError if it cannot be written there."""
    from engine.demo import generate
    from engine.demo.postgres import copy_to_postgres, require_no_tables

    require_no_tables(out)
    with tempfile.TemporaryDirectory(prefix="dashboard-") as folder:
        file = Path(folder) / "sites.db"
        with progress_bar("Making the demo") as report:
            generate(
                file,
                scale=scale,
                seed=seed,
                days=days,
                now=now,
                progress=lambda done, total: report(Progress(done, total, f"{done:,} rows")),
            )
        with progress_bar("Copying it") as report:
            rows = copy_to_postgres(
                file, out, lambda done, total: report(Progress(done, total, f"{done:,} rows"))
            )
    say(f"Made {out}: {rows:,} rows.", err=True)


def make_demo(out: Path, scale: float, seed: int, now: datetime, days: int = 90) -> None:
    """Make a demo database and print its size on stderr. Raises DashboardError if the file exists."""
    from engine.demo import generate

    with progress_bar("Making the demo database") as report:
        summary = generate(
            out,
            scale=scale,
            seed=seed,
            days=days,
            now=now,
            progress=lambda done, total: report(Progress(done, total, f"{done:,} rows")),
        )
    rows = sum(count for _, count in summary.rows)
    say(f"Made {out}: {rows:,} rows, {summary.size_bytes / 1e6:.0f} MB.", err=True)


def ensure_demo(now: datetime, folder: Path = DEMO_DIR, scale: float = 1.0) -> Path:
    """Return the demo database of the day; make it if it is missing, and delete those of other days.

    One that a process has open stays, because it is still served. Raises DashboardError if the demo cannot be
    made.
    """
    try:
        make_private_folder(folder)
    except OSError as error:
        raise SettingError(
            folder.absolute(), f"cannot be made ({error.strerror})", "start in a folder you can write to"
        ) from None
    db = folder / f"sites-{now:%Y%m%d}.db"
    if not db.exists():
        for old in folder.resolve().glob("sites-*.db"):
            if not holders([old]):
                _delete_demo(old)
        make_demo(db, scale, 42, now)
    return db


def _delete_demo(db: Path) -> None:
    """Delete a demo database with its log, its replica and its lock."""
    for file in (*db.parent.glob(f"{db.name}*"), *db.parent.glob(f".dashboard/{db.name}.*")):
        file.unlink(missing_ok=True)
    with suppress(OSError):
        # That of a demo that is still served is not empty.
        (db.parent / ".dashboard").rmdir()
