"""Several sources with caches in PostgreSQL, of which one is away when the processes start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from tests.deployment.test_without_source import eventually, started
from tests.engine.programs import free_port
from tests.engine.source_database import make_source
from tests.postgres import Cluster

NORTH, SOUTH = "north", "south"
BESIDE = (["serve"],)
APART = (["schedule"], ["serve", "--without-schedule"])


@contextmanager
def serving(
    environment: dict[str, str], folder: Path, commands: tuple[list[str], ...]
) -> Iterator[httpx.Client]:
    """Yield a browser at the web process of the commands, once that answers."""
    port = free_port()
    headers = {"Sec-Fetch-Site": "same-origin"}
    with ExitStack() as stack:
        for command in commands:
            stack.enter_context(started(folder / command[0], command, environment | {"PORT": str(port)}))
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60)
        stack.enter_context(client)
        eventually(lambda: status(client, "/healthz") == 200)
        yield client


def status(client: httpx.Client, path: str) -> int:
    with suppress(httpx.HTTPError):
        return client.get(path).status_code
    return 0


def refreshed(client: httpx.Client, source: str) -> httpx.Response:
    return client.post(f"/{source}/api/refresh/llm?wait=1")


@pytest.mark.parametrize("commands", [BESIDE, APART], ids=["beside", "apart"])
def test_a_cache_that_is_away_at_the_start_leaves_the_others_and_heals(
    commands: tuple[list[str], ...], cluster: Cluster, tmp_path: Path
) -> None:
    url = cluster.create_database()
    name = urlsplit(url).path.strip("/")
    files = {}
    for source in (NORTH, SOUTH):
        (tmp_path / source).mkdir()
        files[source] = make_source(tmp_path / source / "sites.db")
    environment = {
        "DASHBOARD_SOURCES": ",".join(f"{source}={file}" for source, file in files.items()),
        "DASHBOARD_CACHE_URL": url,
    }
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'create database "{name}_{SOUTH}"'.encode())
        with serving(environment, tmp_path, commands) as client:
            eventually(lambda: refreshed(client, SOUTH).status_code == 200)
            for path in (f"/{NORTH}/llm", f"/{SOUTH}/llm", "/", "/metrics"):
                assert client.get(path).status_code == 200, path
            trouble = client.get(f"/{NORTH}/api/page/llm").json()["trouble"]
            assert f"{name}_{NORTH}: the server has no such database" in trouble
            refused = refreshed(client, NORTH)
            assert refused.status_code >= 500
            assert "no such database" in refused.text
            assert client.get(f"/{SOUTH}/api/page/llm").json()["trouble"] is None
            found = {one["name"]: one["trouble"] for one in client.get("/api/sources").json()["sources"]}
            assert found[SOUTH] is None
            assert "no such database" in found[NORTH]
            # It heals without a process being started again.
            connection.execute(f'create database "{name}_{NORTH}"'.encode())
            eventually(lambda: refreshed(client, NORTH).status_code == 200)
            eventually(lambda: client.get(f"/{NORTH}/api/page/llm").json()["trouble"] is None)
