"""A copy of the checkout: its files changed as a guide says, its own programs run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Checkout:
    """A copy of the checkout in ``folder``; ``touched`` has the files that were written by hand."""

    folder: Path
    touched: set[str] = field(default_factory=set)

    def create(self, name: str, text: str) -> None:
        """Write a new file."""
        path = self.folder / name
        assert not path.exists(), name
        path.write_text(text, encoding="utf-8")
        self.touched.add(name)

    def append(self, name: str, text: str) -> None:
        """Add text at the end of a file."""
        path = self.folder / name
        path.write_text(f"{path.read_text(encoding='utf-8')}\n\n{text}", encoding="utf-8")
        self.touched.add(name)

    def insert(self, name: str, after: str, text: str) -> None:
        """Add text below the one line of a file that begins with ``after``, indented as what follows it."""
        path = self.folder / name
        lines = path.read_text(encoding="utf-8").split("\n")
        (place,) = [number for number, line in enumerate(lines) if line.strip().startswith(after)]
        below = lines[place + 1] or lines[place]
        indent = below[: len(below) - len(below.lstrip())]
        lines[place + 1 : place + 1] = [indent + line for line in text.rstrip().split("\n")]
        path.write_text("\n".join(lines), encoding="utf-8")
        self.touched.add(name)

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run Python in the copy, with the copy's own packages."""
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=self.folder, env=os.environ | {"PYTHONPATH": str(self.folder)},
            capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip

    def output(self, *arguments: str | Path) -> str:
        """Return what Python prints in the copy; fail if it fails."""
        result = self.run(*arguments)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout

    def value(self, db: Path, key: str) -> Any:
        """Return a value from the cache, once a run has computed its page."""
        page, _, _ = key.partition("/")
        self.output("-m", "engine", "precompute", "--db", db, "--page", page)
        return json.loads(self.output("-m", "engine", "cache", "show", key, "--db", db))
