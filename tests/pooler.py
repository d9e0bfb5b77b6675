"""PgBouncer before a server for tests: in transaction mode, reached by its socket alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

from tests.postgres import USER, Cluster

_CONFIGURATION = """
[databases]
* = host={cluster} user={user}
[pgbouncer]
pool_mode = transaction
unix_socket_dir = {folder}
listen_port = {port}
auth_type = any
logfile = {folder}/log
pidfile = {folder}/pid
"""
PORT = 6432
START_SECONDS = 20


class Pooler:
    """A running PgBouncer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def address(self, url: str) -> str:
        """Return the address by which a database of its server is reached through it."""
        database = url.partition("@/")[2].partition("?")[0]
        return f"postgresql://{USER}@/{database}?host={quote(str(self.folder))}&port={PORT}"


@contextmanager
def running_pooler(cluster: Cluster) -> Iterator[Pooler]:
    """Yield a pooler before a server; it is gone afterwards."""
    # An ordinary user's PATH often lacks the folder that Debian installs it in.
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    assert program, "pgbouncer is missing: sh tests/install.sh installs it"
    # Directly in the folder for temporary files, because the path of a socket has a limit.
    folder = Path(tempfile.mkdtemp(prefix="pgb-"))
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        _CONFIGURATION.format(cluster=cluster.folder, user=USER, folder=folder, port=PORT), encoding="utf-8"
    )
    # It refuses to run as root.
    as_user = ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []
    if as_user:
        shutil.chown(folder, USER)
        settings.chmod(0o644)
    process = subprocess.Popen(
        [*as_user, program, "--quiet", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        pooler = Pooler(folder)
        _wait(pooler, cluster, process)
        yield pooler
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(pooler: Pooler, cluster: Cluster, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while True:
        try:
            psycopg.connect(pooler.address(cluster.address())).close()
            return
        except psycopg.OperationalError:
            log = pooler.folder / "log"
            assert process.poll() is None, log.read_text(encoding="utf-8") if log.exists() else "no log"
            assert time.monotonic() < until, "the pooler does not answer"
        time.sleep(0.02)
