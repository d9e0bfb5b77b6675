"""Asks for known weaknesses of all packages of a lock, with pip-audit, and says in one line if it could not.

``python tests/release/audit.py PIP_AUDIT requirements.txt`` ends with status 1 only if a weakness is known.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Audit:
    """What an audit found: a line for each weakness, how many packages were looked up, and how many not."""

    weaknesses: tuple[str, ...]
    looked_up: int
    skipped: int


def read_report(report: str) -> Audit | None:
    """Return what pip-audit's JSON says; None if it is none, because pip-audit has failed."""
    try:
        dependencies: list[dict[str, Any]] = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return None
    lines = tuple(
        f"{each['name']} {each['version']}: {found['id']};"
        f" use {' or '.join(found['fix_versions']) or 'another'}"
        for each in dependencies
        for found in each.get("vulns", ())
    )
    skipped = sum("skip_reason" in each for each in dependencies)
    return Audit(lines, len(dependencies) - skipped, skipped)


def audit(command: Sequence[str]) -> tuple[str, int]:
    """Run pip-audit; return what to print, and the exit status."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        return f"audit: pip-audit cannot be started ({error.strerror}); run `make audit` again", 1
    found = read_report(done.stdout)
    if found is None:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        return f"audit: no advisory service can be reached, so nothing is known ({(said or ['?'])[-1]})", 0
    if found.weaknesses:
        return "\n".join(["audit: known weaknesses:", *found.weaknesses]), 1
    if not found.looked_up:
        return "audit: no advisory service can be reached: it knows none of the packages", 0
    unknown = f"; {found.skipped} are not known to it" if found.skipped else ""
    return f"audit: no known weakness in {found.looked_up} packages{unknown}", 0


if __name__ == "__main__":
    program, *locks = sys.argv[1:]
    options = ["--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off"]
    line, status = audit([program, *options, *(word for lock in locks for word in ("-r", lock))])
    print(line)
    sys.exit(status)
