"""The engine process is given nothing that it does not need, and no view of the source holds it for ever."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.runs import Runner, Trigger
from engine.runs.processes.child import ChildProcess
from tests.engine.held_engine import held_run
from tests.engine.source_database import execute, execute_script, run_request, settings_of

EXCLUDED, CONVERSATIONS = "excluded_sites_count", "conversation_stats"

SECRETS = {
    "DASHBOARD_PASSWORD": "correct horse battery",
    "DASHBOARD_VIEWER_PASSWORD": "staple",
    "DASHBOARD_DB": "postgresql://user:pass@host/db",
    "AWS_SECRET_ACCESS_KEY": "wJalr",
    "GOOGLE_APPLICATION_CREDENTIALS": "/etc/key.json",
    "PGPASSWORD": "secret",
    "OPENAI_API_KEY": "sk-1",
    "SSH_AUTH_SOCK": "/run/agent",
    "ANYTHING": "else",
}


def environment_of(pid: int) -> dict[str, str]:
    """Return the environment that a process was started with, as any process of its user can read it."""
    pairs = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if pair)


def test_no_password_token_or_key_of_the_environment_reaches_the_engine_process(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    with held_run(settings_of(source), run_request(EXCLUDED), before=EXCLUDED) as run:
        pid = run.wait_until_held()
        given = environment_of(pid)
        opened = {os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir()}  # noqa: PTH115
        run.let_through()
        assert run.result().entries == 1
    assert not given.keys() & SECRETS.keys()
    assert not set(given.values()) & set(SECRETS.values())
    assert (given["TZ"], given["LC_ALL"]) == ("Asia/Tokyo", "C.UTF-8")
    assert not [name for name in opened if name.endswith((".lock", ".json"))]


def test_what_the_engine_process_creates_is_its_users_alone(source: Path) -> None:
    source.chmod(0o664)
    replica = settings_of(source).replica_path
    before = os.umask(0o002)
    try:
        with held_run(settings_of(source), run_request(EXCLUDED), before=EXCLUDED) as run:
            run.wait_until_held()
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in replica.parent.glob("*duckdb*")}
            run.let_through()
            run.result()
    finally:
        os.umask(before)
    assert replica.name in modes
    assert set(modes.values()) == {0o600}


def _wait(pipe: object) -> None:
    import time

    time.sleep(1000)


@contextmanager
def child() -> Iterator[ChildProcess]:
    made = ChildProcess(_wait)
    try:
        yield made
    finally:
        made.kill()
        made.join(10)


def test_a_child_that_nobody_holds_any_more_is_killed() -> None:
    with child() as made:
        pid = made.pid
    assert made.exitcode == -9
    assert not Path(f"/proc/{pid}").exists()
    forgotten = ChildProcess(_wait)
    pid = forgotten.pid
    del forgotten
    assert not Path(f"/proc/{pid}").exists()


ENDLESS_VIEW = """
alter table conversations rename to real_conversations;
create view conversations as
    with recursive numbers (n) as (select 1 union all select n + 1 from numbers)
    select real_conversations.* from real_conversations, numbers where n < 0;
"""


def test_a_view_without_end_costs_its_own_datasets_and_a_full_refresh_tries_it_again(source: Path) -> None:
    execute_script(source, ENDLESS_VIEW)
    runner = Runner(settings_of(source, DASHBOARD_RUN_TIMEOUT="8"))
    try:
        for _ in range(2):
            summary = runner.run(run_request(EXCLUDED, CONVERSATIONS))
            assert [dataset.name for dataset in summary.outcome.computed] == [EXCLUDED]
            (problem,) = summary.outcome.problems
            assert problem.reason == (
                "table conversations cannot be read (it is a view, and took longer than 8 s; make it faster,"
                " then press Full Refresh)"
            )
        execute(source, "drop view conversations")
        execute(source, "alter table real_conversations rename to conversations")
        summary = runner.run(run_request(trigger=Trigger.FULL))
        assert CONVERSATIONS in {dataset.name for dataset in summary.outcome.computed}
    finally:
        runner.close()
