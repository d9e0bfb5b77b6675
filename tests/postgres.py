"""A PostgreSQL server for tests: a cluster of its own in a temporary folder, reached by its socket alone.

``initdb`` refuses root, so as root it runs as the user that Debian's package makes. Where the programs are
missing, tests that need them fail and say which package has them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.parse import quote

import psycopg

USER = "postgres"
LEAST_MEMORY_BYTES = 8 * 1024**3
_names = count(1)


def program(name: str) -> Path:
    """Return the path of one of the server's programs; of the newest version, if there are several."""
    found = shutil.which(name)
    if found is not None and name != "postgres":
        return Path(found)
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[4]))
    assert places, f"{name} is missing: sh tests/install.sh installs it, from Debian's package postgresql"
    return places[-1]


class Cluster:
    """A running server; each database in it is new and empty."""

    def __init__(self, folder: Path, options: Mapping[str, str]) -> None:
        self.folder = folder
        self._data = folder / "data"
        self._as_user = ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []
        self._options = {
            "listen_addresses": "",
            "unix_socket_directories": str(folder),
            "fsync": "off",
            "shared_buffers": "32MB",
            "max_connections": "100",
            **options,
        }
        if self._as_user:
            shutil.chown(folder, USER)
        self._run("initdb", "--pgdata", str(self._data), "--username", USER, "--auth", "trust", "--no-sync",
                  "--encoding", "UTF8", "--locale", "C.UTF-8")  # fmt: skip
        self.start()

    def _run(self, name: str, *arguments: str) -> None:
        command = [*self._as_user, str(program(name)), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, check=False)
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        options = " ".join(f"-c {name}='{value}'" for name, value in self._options.items())
        log = str(self.folder / "server.log")
        self._run(
            "pg_ctl", "--pgdata", str(self._data), "--wait", "--log", log, "--options", options, "start"
        )

    def stop(self, mode: str = "fast") -> None:
        """Stop the server; ``immediate`` is a crash."""
        self._run("pg_ctl", "--pgdata", str(self._data), "--wait", "--mode", mode, "stop")

    def become_standby_of(self, primary: Cluster) -> None:
        """Take the place of a standby of another server; this one is stopped."""
        shutil.rmtree(self._data)
        place = ("--pgdata", str(self._data), "--host", str(primary.folder), "--username", USER)
        self._run("pg_basebackup", *place, "--checkpoint", "fast", "--write-recovery-conf", "--no-sync")

    def address(self, database: str = USER) -> str:
        """Return the address of a database."""
        return f"postgresql://{USER}@/{database}?host={quote(str(self.folder))}"

    def create_database(self) -> str:
        """Make a new database; return its address."""
        name = f"test_{next(_names)}"
        with psycopg.connect(self.address(), autocommit=True) as connection:
            connection.execute(f"create database {name}")
        return self.address(name)

    def log_text(self) -> str:
        """Return the server's log."""
        return (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")


def _memory() -> Path | None:
    """Return a folder in memory with room for clusters; None without one.

    Each database has 300 files: a disk at which others work too takes up to a minute to delete them all.
    """
    folder = Path("/dev/shm")
    has_room = folder.is_dir() and shutil.disk_usage(folder).free >= LEAST_MEMORY_BYTES
    return folder if has_room and os.access(folder, os.W_OK) else None


@contextmanager
def running_cluster(**options: str) -> Iterator[Cluster]:
    """Yield a server with these options of its configuration; it is gone afterwards."""
    # Directly in the folder for temporary files, because the path of a socket has a limit.
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir=_memory()))
    folder.chmod(0o755)
    try:
        cluster = Cluster(folder, options)
        try:
            yield cluster
        finally:
            cluster.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
