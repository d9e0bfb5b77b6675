"""Makes ``docs/dependencies.md``: what a running dashboard is made of, under which licence, and what for.

It goes by ``requirements.txt`` and by what each package says of itself. A package that the project names
without a reason here, or a reason without a package, is an error.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageMetadata, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]

REASONS = {
    "argon2-cffi": "hashes passwords with Argon2id, so that a stolen hash is slow to guess from",
    "brotli": "compresses files and answers",
    "click": "the command",
    "dash": "pages, callbacks and charts in Python, on an ASGI server that also serves the API and the"
    " WebSocket",
    "duckdb": "aggregates a replica of 18 million rows in tenths of a second. It and its extension are pinned"
    " to one version, which the extension demands",
    "duckdb-extension-ducklake": "keeps a replica in DuckLake, if that is set",
    "duckdb-extension-httpfs": "reads and writes the files of DuckLake in S3, if that is set",
    "duckdb-extension-postgres-scanner": "reads a source in PostgreSQL and the catalog of DuckLake, if one is"
    " set",
    "duckdb-extension-sqlite-scanner": "reads SQLite files with DuckDB; a package, because `INSTALL sqlite`"
    " needs a network",
    "fastapi": "routes, lifespan and WebSocket; Dash's backend",
    "filelock": "the run lock, which dies with its holder",
    "orjson": "makes callbacks two to four times as fast as `json`",
    "polars": "fills gaps and pivots after the aggregation, three to five times as fast as SQL, and clearer",
    "prometheus-client": "the format of `/metrics`",
    "psycopg": "talks to PostgreSQL, if cache or source are there: notifications, locks, a pool",
    "pydantic": "checks the headers of SQL files, and describes the answers of the API",
    "pydantic-settings": "reads the settings from the environment and from `.env`",
    "rich": "the progress bar and tables on a terminal",
    "sqlglot": "parses the SQL of staging files, in a process that must not load DuckDB",
    "tzdata": "time zones on machines that have none",
    "uvicorn": "the server; with uvloop, and watchfiles for `make dev`",
}
"""Why the project names a package in ``pyproject.toml``."""

# The lock is made for the oldest Python.
_MACHINE = {
    "python_version": "3.11", "python_full_version": "3.11.0", "sys_platform": "linux", "os_name": "posix",
    "platform_system": "Linux", "platform_machine": "x86_64", "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
}  # fmt: skip

_NAMES = {
    "Apache": "Apache-2.0", "MIT": "MIT", "BSD": "BSD", "MPL": "MPL-2.0", "Mozilla": "MPL-2.0",
}  # fmt: skip


def locked(lock: Path) -> dict[str, str]:
    """Return the version of each package that a lock file names."""
    found = re.findall(r"^([\w.-]+)==([^\s;\\]+)", lock.read_text(encoding="utf-8"), re.M)
    return {canonicalize_name(name): version for name, version in found}


def named_requirements() -> list[Requirement]:
    """Return what ``pyproject.toml`` says that the dashboard needs to run."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [Requirement(line) for line in project["dependencies"]]


def dependencies_page() -> str:
    """Return the page. Raises SystemExit if reasons and requirements differ."""
    named = {canonicalize_name(requirement.name) for requirement in named_requirements()}
    if differing := named ^ REASONS.keys():
        raise SystemExit(f"tests/docs/dependencies.py: give reasons for what is named: {sorted(differing)}")
    names = sorted(locked(ROOT / "requirements.txt"))
    parents = _parents(names)
    rows = [
        f"| `{name}` | {licence(distribution(name).metadata)} | {REASONS.get(name) or _for(parents[name])} |"
        for name in names
    ]
    return "\n".join([_HEAD, *rows, ""])


_HEAD = """# What a running dashboard is made of

Made by `make docs` from `requirements.txt` and from what each package says of itself. That file has the exact
version of each, and the hashes of all its archives: pip installs nothing else. `make audit` asks whether one
of them has a known weakness. The packages of the front end are in
[architecture.md](architecture.md#dependencies).

| package | licence | because |
|---|---|---|"""


def licence(metadata: PackageMetadata) -> str:
    """Return a package's licence by its SPDX name, as far as the package tells."""
    if expression := (metadata.get_all("License-Expression") or [""])[0]:
        return str(expression)
    classifiers = metadata.get_all("Classifier") or []
    texts = [text for text in classifiers if text.startswith("License")] or [
        (metadata.get_all("License") or [""])[0]
    ]
    found = dict.fromkeys(spdx for text in texts for part, spdx in _NAMES.items() if part in text)
    if not found:
        raise SystemExit(f"{metadata['Name']}: its licence is unknown")
    return " OR ".join(sorted(found))


def _for(parents: Iterable[str]) -> str:
    return "for " + ", ".join(f"`{name}`" for name in sorted(parents))


def _parents(names: Iterable[str]) -> dict[str, set[str]]:
    """Return by package the packages that need it, with the extras that this project asks for."""
    known = set(names)
    extras = {name: {""} for name in known}
    waiting = [(canonicalize_name(each.name), each.extras) for each in named_requirements()]
    parents: dict[str, set[str]] = {name: set() for name in known}
    seen: set[tuple[str, str]] = set()
    while waiting:
        name, wanted = waiting.pop()
        extras[name] |= wanted
        for extra in extras[name]:
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            for needed in _needed(name, extra):
                child = canonicalize_name(needed.name)
                if child in known:
                    parents[child].add(name)
                    waiting.append((child, needed.extras))
    return parents


def _needed(name: str, extra: str) -> Iterator[Requirement]:
    for line in distribution(name).requires or []:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({**_MACHINE, "extra": extra}):
            yield requirement
