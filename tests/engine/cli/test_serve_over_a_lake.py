"""``dashboard serve`` whose replica is in DuckLake, while the catalog is away."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import psycopg

from engine.model.clock import wall_clock
from engine.store import cache_state
from tests.engine.cli.test_serve import answer, soon
from tests.engine.programs import environment, free_port
from tests.postgres import Cluster


def test_it_serves_and_says_why_there_are_no_values_and_heals(
    cluster: Cluster, source: Path, tmp_path: Path
) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    variables = {
        "PORT": str(port),
        "DASHBOARD_REPLICA_URL": f"ducklake:{cluster.address('not_there_yet')}",
        "DASHBOARD_REPLICA_DATA": str(tmp_path / "lake"),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "engine", "serve", "--db", str(source)],
        env=environment(variables), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert soon(lambda: answer(f"{url}/health")) == {"status": "ok"}
        # It may answer before its first run has failed.
        assert soon(
            lambda: "the server has no such database" in json.dumps(answer(f"{url}/state")["conditions"])
        )
        with psycopg.connect(cluster.address(), autocommit=True) as connection:
            connection.execute("create database not_there_yet")
        refresh = urllib.request.Request(f"{url}/api/refresh?wait=1", b"", {"Origin": url})
        urllib.request.urlopen(refresh, timeout=300).close()
        assert cache_state(source, wall_clock()).fresh
    finally:
        process.terminate()
        _, errors = process.communicate()
    assert "first run failed: ducklake:postgresql://" in errors
