"""``dashboard demo``, and the demo database that ``serve --demo`` keeps for the day."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path

import click

from engine.cli.options import progress_bar
from engine.cli.terminal_text import say
from engine.model.clock import parse_now, wall_clock
from engine.model.errors import SettingError
from engine.model.private_files import make_private_folder
from engine.model.results import Progress
from engine.model.source_file.open_files import holders

DEMO_DIR = Path(".demo")


@click.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The file to make.")
@click.option(
    "--scale", default=1.0, show_default=True, help="1 is 20,000 sites in 90 days; other tables follow."
)
@click.option("--days", default=90, show_default=True, help="The length of the history, at the same rate.")
@click.option("--seed", default=42, show_default=True, help="The same seed and now give the same rows.")
@click.option("--now", "now_text", metavar="ISO", help="The instant at which the data ends; now by default.")
def demo(out: Path, scale: float, days: int, seed: int, now_text: str | None) -> None:
    """Make a realistic sites.db: the last months of an outreach pipeline."""
    make_demo(out, scale, seed, wall_clock() if now_text is None else parse_now(now_text), days)


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
