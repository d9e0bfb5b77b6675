"""What runs cost a writer that waits for nobody (busy timeout 0); prints a table when run.

    python -m tests.engine.write_lock_cost --before PATH_OF_ANOTHER_CHECKOUT --rounds 5

A writer tries 200 transactions a second and counts those that fail with SQLITE_BUSY, while runs of
all datasets follow one another in another process. With ``--before`` rounds of this checkout and of
another take turns on databases of their own, so that whatever else the machine does falls on both.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

WRITER = """
import json, sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], timeout=0, isolation_level=None)
failed, done = 0, 0
print("ready", flush=True)
import threading
ended = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), ended.set()), daemon=True).start()
while not ended.is_set():
    done += 1
    try:
        connection.execute("insert into system_metrics (cpu_percent) values (1.0)")
    except sqlite3.OperationalError:
        failed += 1
    # Missed moments are skipped, because one delay would otherwise count as many failures.
    ended.wait(0.005 - time.monotonic() % 0.005)
print(json.dumps([failed, done]), flush=True)
"""

RUNS = """
import sys
from pathlib import Path
from engine.model.clock import wall_clock
from engine.runs import Runner, RunRequest, Trigger
from engine.model.setting_table.loading import load_settings

if __name__ == "__main__":
    runner = Runner(load_settings().with_db(Path(sys.argv[1])))
    for number in range(1 + int(sys.argv[2])):
        runner.run(RunRequest(Trigger.SCHEDULE, wall_clock()))
        if number == 0:
            print("warm", flush=True)
            sys.stdin.readline()
    runner.close()
"""


@dataclass(frozen=True)
class Cost:
    """How many of the writer's transactions failed, beside how many runs."""

    failed: int
    transactions: int
    runs: int


def main() -> None:
    """Measure this checkout, and another in turn with it, and print a line for each round."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--before", type=Path, help="another checkout to compare with")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--runs", type=int, default=20, help="runs a round")
    parser.add_argument("--scale", type=float, default=0.1)
    options = parser.parse_args()
    checkouts = {"before": options.before, "now": ROOT} if options.before else {"now": ROOT}
    totals = dict.fromkeys(checkouts, Cost(0, 0, 0))
    with tempfile.TemporaryDirectory() as folder:
        for name in checkouts:
            _python(
                ROOT, "-m", "engine", "demo", "--out", f"{folder}/{name}.db", "--scale", str(options.scale)
            )
        for number in range(options.rounds):
            for name, checkout in checkouts.items():
                cost = measure(checkout, Path(folder) / f"{name}.db", Path(folder) / name, options.runs)
                sum_ = totals[name]
                totals[name] = Cost(
                    sum_.failed + cost.failed, sum_.transactions + cost.transactions, sum_.runs + cost.runs
                )
                print(f"round {number + 1} {name:>7}: {cost}", flush=True)
    for name, cost in totals.items():
        print(f"{name:>7}: {cost.failed} of {cost.transactions} failed, {cost.failed / cost.runs:.2f} a run")


def measure(checkout: Path, db: Path, state_dir: Path, runs: int) -> Cost:
    """Return the cost of a checkout's runs to the writer; the first run warms up and is not counted."""
    script = state_dir.with_suffix(".py")
    script.write_text(RUNS, encoding="utf-8")
    runner = _start(checkout, state_dir, str(script), str(db), str(runs))
    try:
        _read(runner)
        writer = _start(checkout, state_dir, "-c", WRITER, str(db))
        try:
            _read(writer)
            runner.communicate("\n")
            output, _ = writer.communicate("\n")
        finally:
            writer.kill()
    finally:
        runner.kill()
    failed, transactions = json.loads(output.splitlines()[-1])
    return Cost(failed, transactions, runs)


def _environment(checkout: Path, state_dir: Path | None = None) -> dict[str, str]:
    found = {**os.environ, "PYTHONPATH": str(checkout)}
    return found if state_dir is None else {**found, "DASHBOARD_STATE_DIR": str(state_dir)}


def _start(checkout: Path, state_dir: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=checkout, env=_environment(checkout, state_dir),
    )  # fmt: skip


def _read(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _python(checkout: Path, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, *arguments], check=True, cwd=checkout, env=_environment(checkout), stdout=sys.stderr
    )


if __name__ == "__main__":
    main()
