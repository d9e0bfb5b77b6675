"""``python -m benchmarks``: what runs and serving cost, beside contenders that do the same another way."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click

from benchmarks.cases import CASES, UNNAMED
from engine.cli.main import run_command
from engine.cli.options import progress_bar
from engine.cli.terminal_text import say_lines
from engine.model.errors import ComputeError, SettingError


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("cases", nargs=-1, type=click.Choice(CASES))
@click.option(
    "--scale", default=1.0, show_default=True, help="Of its database; 1 is 20,000 sites in 90 days."
)
@click.option("--days", default=90, show_default=True, help="Length of its history.")
@click.option("--seed", default=42, show_default=True, help="Of its rows, and of the changes.")
@click.option(
    "--rounds", type=int, help="How often each contender is measured; 3 times, and 5 in the browser."
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="Make the databases in this folder, and find them there for a day.",
)
@click.option(
    "--json", "json_to", metavar="FILE", help="Write the findings here too, as JSON; - prints JSON alone."
)
@click.option(
    "--serving-scale", default=5.0, show_default=True, help="Of the database of serving, of 90 days."
)
def bench(
    *,
    cases: tuple[str, ...],
    scale: float,
    days: int,
    seed: int,
    rounds: int | None,
    keep: Path | None,
    json_to: str | None,
    serving_scale: float,
) -> None:
    """Measure CASES: runs beside plain SQLite and DuckDB; history, which is runs over ten times as many
    days; serving and the browser beside a Dash app on Flask-Caching. Without a name, all but the browser.

    Works on demo databases of its own.
    """
    from benchmarks.benchmark import Options, run_benchmark
    from benchmarks.tables import as_json, as_text

    if json_to not in (None, "-") and not Path(str(json_to)).absolute().parent.is_dir():
        raise SettingError(json_to, "its folder is missing", "name a file in a folder that exists")
    options = Options(
        scale=scale,
        days=days,
        seed=seed,
        rounds=rounds,
        cases=frozenset(cases or UNNAMED),
        serving_scale=serving_scale,
        keep=None if keep is None else keep.absolute(),
    )
    with _ended_in_order(), progress_bar("Measuring") as report:
        found = run_benchmark(options, report)
    findings = json.dumps(as_json(found), indent=2)
    if json_to == "-":
        say_lines(findings)
    else:
        say_lines(as_text(found))
        if json_to is not None:
            _write(Path(json_to), findings)
    if found.disagreements:
        count = len(found.disagreements)
        raise ComputeError(
            "the benchmark", f"{count} results disagree: {found.disagreements[0]}", "its times mean nothing"
        )


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise SettingError(path, f"cannot be written ({error.strerror})", "name another file") from None


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Make a termination clear up as Ctrl-C does."""

    def end(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark's command and exit: 0, or 1 with one line on stderr."""
    run_command(bench, "benchmarks", arguments)
