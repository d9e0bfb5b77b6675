"""Finds the shortest part of a failed history that still fails: ``python -m tests.histories.shrink FILE``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from engine.runs.processes.engine_process import EngineProcess
from tests.histories.history import History


def failure_of(lines: list[str], engine: EngineProcess) -> str | None:
    """Perform a script on a new source; return how it failed, None if it did not."""
    with tempfile.TemporaryDirectory(prefix="history-") as folder:
        history = History(Path(folder), engine)
        try:
            for line in lines:
                history.perform(line)
        except Exception as error:
            return f"{type(error).__name__}: {error}".replace(folder, "")
        finally:
            history.close()
    return None


def shrink(lines: list[str], engine: EngineProcess, kind: str) -> list[str]:
    """Return a part of a script that still fails with a message of this beginning.

    Without any one of its lines it does not.
    """
    size = len(lines) // 2
    while size:
        start = 0
        while start < len(lines):
            shorter = lines[:start] + lines[start + size :]
            if (failure_of(shorter, engine) or "").startswith(kind):
                lines = shorter
            else:
                start += size
        size //= 2
    return lines


def main() -> None:
    """Print the shortest failing part of the script named, and how it fails."""
    engine = EngineProcess()
    lines = [line for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines() if line]
    try:
        failure = failure_of(lines, engine)
        if failure is None:
            sys.exit("this history does not fail")
        shortest = shrink(lines, engine, " ".join(failure.split()[:2]))
        print("\n".join(shortest))
        print(failure_of(shortest, engine))
    finally:
        engine.close()


if __name__ == "__main__":
    main()
