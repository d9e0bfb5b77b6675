"""Two web processes behind nginx without source or shared folder, a worker beside the source, PostgreSQL."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import argon2
import httpx
import pytest

from dash_app.live.notices import NO_WORKER
from dash_app.things.addresses import error_path, job_path, site_path
from dash_app.things.table import THINGS
from engine.demo import generate
from engine.model.catalogue.datasets import catalogue
from engine.model.places.postgres_address import PostgresAddress, parse_postgres_address
from engine.postgres import reading
from engine.store.state_rows import read_generation
from tests.dash_app.test_callbacks import Browser
from tests.deployment.nginx import DASHBOARD_ADDRESS, NGINX_FILES, ROOT, running_nginx
from tests.engine.programs import free_port
from tests.engine.source_database import query
from tests.lengths import times
from tests.postgres import Cluster

PASSWORD = "correct horse battery"
_HASHER = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
TIMEOUT_SECONDS = 60
KEY = "llm/llm_daily_costs_30d"


def eventually(found: Callable[[], Any]) -> Any:
    """Return what a function finds, once it finds something."""
    until = time.monotonic() + TIMEOUT_SECONDS
    while not (value := found()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return value


@dataclass(frozen=True)
class Fleet:
    """The processes, and what starts another worker; ``ports`` are those of the web processes."""

    nginx: int
    ports: tuple[int, int]
    web: tuple[subprocess.Popen[bytes], ...]
    environment: Mapping[str, str]
    source: Path
    folder: Path

    @property
    def address(self) -> PostgresAddress:
        """Return the place of the cache."""
        return parse_postgres_address("DASHBOARD_CACHE_URL", self.environment["DASHBOARD_CACHE_URL"])

    def client(self, port: int | None = None) -> httpx.Client:
        """Return a browser at nginx, or at one of the web processes by the name of nginx."""
        public = f"127.0.0.1:{self.nginx}"
        headers = {"Sec-Fetch-Site": "same-origin", "Host": public}
        return httpx.Client(base_url=f"http://127.0.0.1:{port or self.nginx}", headers=headers, timeout=60)

    def logged_in(self) -> httpx.Client:
        """Return a browser of an operator."""
        with self.client() as client:
            assert client.post("/login", data={"password": PASSWORD}).status_code == 303
            return self.again(client)

    def again(self, client: httpx.Client, port: int | None = None) -> httpx.Client:
        """Return a browser with the cookies of another, at one of the web processes if a port is given."""
        other = self.client(port)
        other.cookies = client.cookies
        return other

    @contextmanager
    def working(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run a worker until the block ends."""
        with started(
            self.folder / "worker", ["schedule", "--db", str(self.source)], self.environment
        ) as worker:
            with self.logged_in() as client:
                eventually(lambda: NO_WORKER not in client.get("/state").text)
            yield worker


@contextmanager
def started(
    folder: Path, arguments: list[str], environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in a folder of its own until the block ends; its log is ``log`` there."""
    folder.mkdir(exist_ok=True)
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "engine", *arguments],
            cwd=folder, env=os.environ | environment | {"DASHBOARD_STATE_DIR": str(folder / "state")},
            stdout=log, stderr=log,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)


def nginx_before(ports: tuple[int, int], port: int) -> str:
    """Return ``name.conf`` with the two web processes behind it, without TLS."""
    text = (NGINX_FILES / "name.conf").read_text(encoding="utf-8")
    servers = "\n".join(f"    server 127.0.0.1:{each};" for each in ports)
    for ours, theirs in (
        (f"    server {DASHBOARD_ADDRESS};", servers),
        ("listen [::]:80;", ""),
        ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
        ("listen [::]:443 ssl http2;", ""),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{port};"),
        ("ssl_certificate /etc/ssl/dashboard.pem;", ""),
        ("ssl_certificate_key /etc/ssl/dashboard.key;", ""),
    ):
        assert ours in text
        text = text.replace(ours, theirs)
    return text


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> Iterator[Fleet]:
    folder: Path = tmp_path_factory.mktemp("fleet")
    source = folder / "source" / "sites.db"
    source.parent.mkdir()
    generate(source, scale=0.01, seed=1, days=40, now=datetime.now(UTC).replace(microsecond=0))
    nginx, ports = free_port(), (free_port(), free_port())
    environment = {
        "PYTHONPATH": str(ROOT),
        "DASHBOARD_CACHE_URL": cluster.create_database(),
        # A hash that costs nothing to verify.
        "DASHBOARD_PASSWORD": _HASHER.hash(PASSWORD),
        "DASHBOARD_PUBLIC_URL": f"http://127.0.0.1:{nginx}",
        "DASHBOARD_TRUSTED_PROXIES": "127.0.0.1",
    }
    with ExitStack() as stack:
        web = tuple(
            stack.enter_context(
                started(
                    folder / f"web{port}", ["serve", "--without-schedule"], environment | {"PORT": str(port)}
                )
            )
            for port in ports
        )
        stack.enter_context(running_nginx(folder, nginx_before(ports, nginx), nginx))
        found = Fleet(nginx, ports, web, environment, source, folder)
        for port in ports:
            eventually(partial(answers, found, port))
        yield found


def answers(fleet: Fleet, port: int) -> bool:
    try:
        with fleet.client(port) as client:
            return client.get("/healthz").status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="module")
def worker(fleet: Fleet) -> Iterator[subprocess.Popen[bytes]]:
    with fleet.working() as process:
        yield process


@pytest.fixture
def operator(fleet: Fleet, worker: object) -> Iterator[httpx.Client]:
    with fleet.logged_in() as client:
        eventually(lambda: client.get(f"/api/dataset/{KEY}").status_code == 200)
        yield client


def test_the_web_processes_have_neither_source_nor_engine(fleet: Fleet, operator: httpx.Client) -> None:
    for port, process in zip(fleet.ports, fleet.web, strict=True):
        with fleet.again(operator, port) as client:
            assert client.get("/llm").status_code == 200
            page = client.get("/api/page/llm").json()
            assert page
        task = Path(f"/proc/{process.pid}")
        assert not (task / f"task/{process.pid}/children").read_text().split()
        opened = [str(each.readlink()) for each in (task / "fd").iterdir() if each.is_symlink()]
        assert not [name for name in opened if "sites.db" in name]
        maps = (task / "maps").read_text()
        assert "duckdb" not in maps
        assert "polars" not in maps
        assert not list((fleet.folder / f"web{port}").glob("*.db"))


def test_a_refresh_is_run_by_the_worker_and_seen_by_all(fleet: Fleet, operator: httpx.Client) -> None:
    def computed(port: int) -> str:
        with fleet.again(operator, port) as client:
            version = client.get("/state").json()["version"]
            return f"{client.get(f'/api/dataset/{KEY}').headers['etag']} {version}"

    before = [computed(port) for port in fleet.ports]
    assert operator.post("/api/refresh/llm?wait=1").json() == {"status": "done"}
    eventually(lambda: all(computed(port) != old for port, old in zip(fleet.ports, before, strict=True)))


@pytest.mark.parametrize("selection", ["range=7d", "filter=stage:scoring"])
def test_a_range_and_a_filter_are_computed_by_the_worker(operator: httpx.Client, selection: str) -> None:
    def computed() -> bool:
        answer = operator.get(f"/api/dataset/{KEY}?{selection}")
        assert answer.status_code in (200, 503)
        return answer.status_code == 200 and answer.json()["state"] == "fresh"

    eventually(computed)


def test_each_process_has_one_connection_that_is_notified(fleet: Fleet, operator: httpx.Client) -> None:
    def names() -> list[str]:
        # The server's own vacuum connects as well.
        sql = (
            "select application_name from pg_stat_activity where datname = current_database()"
            " and backend_type = 'client backend' and pid <> pg_backend_pid()"
        )
        return [str(name) for (name,) in query(fleet.address, sql)]

    eventually(lambda: names().count("dashboard listener") == len(fleet.web) + 1)
    assert set(names()) == {"dashboard listener", "dashboard"}


def test_rows_and_search_are_answered_by_the_worker(operator: httpx.Client) -> None:
    found = operator.get("/api/search", params={"q": "ex"})
    assert found.status_code == 200, found.text
    rows = operator.get("/api/rows", params={"key": KEY, "column": "calls", "limit": 3})
    assert rows.status_code == 200, rows.text
    assert len(rows.json()["rows"]) == 3


def test_whole_texts_of_the_source_are_read_by_the_worker(fleet: Fleet, operator: httpx.Client) -> None:
    sql = "select id, message_body from conversations where length(message_body) > 20 limit 1"
    ((message, text),) = query(fleet.source, sql)
    asked = {"table": "conversations", "id": message, "column": "message"}
    answer = operator.get("/api/text", params=asked)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"text": text, "is_cut": False, "is_gone": False}


def test_pages_of_one_site_job_and_error_are_read_by_the_worker(fleet: Fleet, operator: httpx.Client) -> None:
    browser = Browser(operator)
    ((site, domain),) = query(fleet.source, "select id, domain from sites where error_message <> '' limit 1")
    (job, name), *_ = query(fleet.source, "select task_key, name from cron_jobs")
    breakdown = operator.get("/api/dataset/errors/error_breakdown").json()["value"]
    source, stage, message = (breakdown[column][0] for column in ("source", "stage", "message"))
    paths = (site_path(str(site)), job_path(job), error_path(source, stage, message))
    for thing, path, text in zip(THINGS, paths, (domain, name, message), strict=True):
        address, _, search = str(path).partition("?")
        answer = browser.fire(thing.id("signal"), {"path": address, "search": f"?{search}"})
        assert text in json.dumps(answer, ensure_ascii=False), answer


def test_pages_say_how_the_source_goes_on(operator: httpx.Client) -> None:
    lag = eventually(lambda: operator.get("/state").json().get("lag", {}).get("llm"))
    assert lag in ("Up to date", "No new rows") or lag.endswith("pending")


def test_who_logs_in_at_one_is_logged_in_at_the_other_until_all_are_logged_out(
    fleet: Fleet, worker: object
) -> None:
    with fleet.logged_in() as client:
        for port in fleet.ports:
            with fleet.again(client, port) as other:
                assert other.get("/api/pages").status_code == 200
        done = command(fleet, "sessions", "end", "--all")
        assert done.startswith("Ended ")
        for port in fleet.ports:
            with fleet.again(client, port) as other:
                eventually(partial(is_refused, other))


def is_refused(client: httpx.Client) -> bool:
    return client.get("/api/pages").status_code == 401


def command(fleet: Fleet, *arguments: str) -> str:
    """Return what a command prints on a machine without the source."""
    return subprocess.run(
        [sys.executable, "-m", "engine", *arguments],
        cwd=fleet.folder, env=os.environ | fleet.environment, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


def test_failed_logins_count_together(fleet: Fleet) -> None:
    statuses = []
    for attempt in range(12):
        with fleet.client(fleet.ports[attempt % 2]) as client:
            headers = {"X-Forwarded-For": "192.0.2.9"}
            answer = client.post("/login", data={"password": "wrong"}, headers=headers)
            statuses.append(answer.status_code)
    assert statuses == [401] * 10 + [429] * 2


def test_without_a_worker_pages_stay_and_say_so(fleet: Fleet, operator: httpx.Client, worker: Any) -> None:
    worker.send_signal(signal.SIGKILL)
    line = eventually(
        lambda: next(
            (one["text"] for one in operator.get("/state").json()["conditions"] if one["label"] == NO_WORKER),
            None,
        )
    )
    assert line.startswith("No worker has answered since ")
    assert line.endswith(": start `dashboard schedule` beside the source")
    assert operator.get(f"/api/dataset/{KEY}").status_code == 200
    for answer in (
        operator.get("/api/search", params={"q": "ex"}),
        operator.get("/api/rows", params={"key": KEY, "column": "calls"}),
        operator.post("/api/refresh/llm"),
    ):
        assert "no worker has answered since" in answer.text.lower(), answer.text
    with fleet.working():
        eventually(lambda: is_refreshed(operator))


@pytest.mark.timeout(times(300, 1800))
def test_no_kill_leaves_a_version_without_its_entries_or_a_run_stored_twice(fleet: Fleet) -> None:
    draw = Random(1)
    port = free_port()
    ports = {f"web{each}": {"PORT": str(each)} for each in (*fleet.ports, port)}
    commands = {name: ["serve", "--without-schedule"] for name in ports}
    commands |= {f"worker{each}": ["schedule", "--db", str(fleet.source)] for each in (1, 2)}
    alive = {f"web{each}": process for each, process in zip(fleet.ports, fleet.web, strict=True)}
    with ExitStack() as stack, fleet.logged_in() as operator:

        def start(name: str) -> None:
            environment = {**fleet.environment, **ports.get(name, {})}
            alive[name] = stack.enter_context(started(fleet.folder / name, commands[name], environment))

        for name in commands.keys() - alive.keys():
            start(name)
        eventually(lambda: len(stored_keys(fleet)) >= len(catalogue()))
        for _ in range(times(3, 100)):
            with suppress(httpx.HTTPError):
                operator.post("/api/refresh/llm")
            # A run takes about that long.
            time.sleep(draw.random())
            name = draw.choice(sorted(commands))
            alive[name].kill()
            alive[name].wait(30)
            require_whole(fleet)
            start(name)
        eventually(lambda: is_refreshed(operator))
        require_whole(fleet)


def is_refreshed(client: httpx.Client) -> bool:
    """Return whether a run that is asked for now is made."""
    with suppress(httpx.HTTPError):
        return client.post("/api/refresh/llm?wait=1").status_code == 200
    return False


def require_whole(fleet: Fleet) -> None:
    """Look at one state of the cache: all of its newest run is there, and no run is there twice."""
    with reading(fleet.address) as connection:
        generation = read_generation(connection)
        run_id, datasets = connection.execute(
            "select id, datasets from dashboard_runs where generation = ?", (generation,)
        ).fetchall()[0]
        stored = (
            "select count(*), count(distinct generation) from dashboard_runs where generation is not null"
        )
        ((runs, generations),) = connection.execute(stored).fetchall()
        of_run = (
            "select count(*) from dashboard_origins join dashboard_cache using (cache_key) where run_id = ?"
        )
        ((entries,),) = connection.execute(of_run, (run_id,)).fetchall()
    assert runs == generations
    assert entries == datasets
    assert stored_keys(fleet) >= {dataset.key for dataset in catalogue().values()}


def stored_keys(fleet: Fleet) -> set[str]:
    """Return the keys of the entries."""
    with reading(fleet.address) as connection:
        return {key for (key,) in connection.execute("select cache_key from dashboard_cache").fetchall()}
