"""The replica goes from one process to another, whatever becomes of them, and stays exact."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.model import questions as q
from engine.model.errors import DashboardError
from engine.model.local_socket import MOST_PATH_BYTES, connect, receive, send
from engine.model.settings import Settings
from engine.runs import Runner
from engine.runs.questions import ask
from engine.runs.replies import NobodyHolds
from tests.engine.held_engine import held_run
from tests.engine.source_database import execute, make_source, run_request, settings_of
from tests.histories.image import differences

EXCLUDED = "excluded_sites_count"


@pytest.fixture
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # The path of a socket is short, so the folder is not named after the test.
    db = make_source(tmp_path_factory.mktemp("s") / "sites.db")
    add_site(db)
    return db


@pytest.fixture
def open_runner(source: Path) -> Iterator[Callable[[], Runner]]:
    """Return a function that makes a runner of this test's source, as another process of it would."""
    opened: list[Runner] = []

    def make() -> Runner:
        opened.append(Runner(settings_of(source)))
        return opened[-1]

    yield make
    for runner in opened:
        runner.close()


def add_site(db: Path) -> None:
    execute(db, "insert into sites (domain, status) values ('a.example', 'excluded')")


def sites(settings: Settings, hold: Callable[[], object] | None = None) -> int:
    return ask(settings, q.TableRowsQuestion("sites"), hold).total


def replica_names(db: Path) -> set[str]:
    """Return the name of each replica that has left its token in the source; a new replica has another."""
    with closing(sqlite3.connect(db)) as connection:
        return {name for (name,) in connection.execute("select name from dashboard_state")}


def require_exact(runner: Runner) -> None:
    """Assert that the replica equals the source; the runner is closed for that."""
    runner.close()
    assert differences(runner.settings.db, runner.settings.replica_path) == []


def test_it_goes_to_whoever_runs_and_is_not_made_again(
    open_runner: Callable[[], Runner], source: Path
) -> None:
    one, other = open_runner(), open_runner()
    one.run(run_request(EXCLUDED))
    first = replica_names(source)
    for count, runner in enumerate((other, one, one, other), start=2):
        add_site(source)
        runner.run(run_request(EXCLUDED))
        assert sites(one.settings) == count
    assert replica_names(source) == first
    one.close()
    assert sites(one.settings) == 5
    require_exact(other)


def test_a_killed_holder_is_missed_by_nobody(open_runner: Callable[[], Runner], source: Path) -> None:
    one, other = open_runner(), open_runner()
    one.run(run_request(EXCLUDED))
    first = replica_names(source)
    pid = one.engine_pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(NobodyHolds):
        sites(one.settings)
    assert sites(other.settings, other.hold_replica) == 1
    add_site(source)
    other.run(run_request(EXCLUDED))
    assert (sites(one.settings), replica_names(source)) == (2, first)
    require_exact(other)


def test_a_holder_that_hangs_holds_up_no_run_and_does_no_harm_when_it_goes_on(
    open_runner: Callable[[], Runner], source: Path
) -> None:
    one, other = open_runner(), open_runner()
    one.run(run_request(EXCLUDED))
    pid = one.engine_pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        add_site(source)
        assert other.run(run_request(EXCLUDED)).entries == 1
        assert sites(other.settings) == 2
    finally:
        os.kill(pid, signal.SIGCONT)
    add_site(source)
    one.run(run_request(EXCLUDED))
    assert sites(one.settings) == 3
    add_site(source)
    other.run(run_request(EXCLUDED))
    assert sites(one.settings) == 4
    one.close()
    require_exact(other)


def test_a_deleted_replica_is_made_again_by_its_holder(
    open_runner: Callable[[], Runner], source: Path
) -> None:
    runner = open_runner()
    runner.run(run_request(EXCLUDED))
    first = replica_names(source)
    runner.settings.replica_path.unlink()
    add_site(source)
    runner.run(run_request(EXCLUDED))
    assert sites(runner.settings) == 2
    assert replica_names(source) != first
    require_exact(runner)


def test_another_file_in_the_place_of_the_source_is_what_rows_are_of(
    open_runner: Callable[[], Runner], source: Path, tmp_path: Path
) -> None:
    runner = open_runner()
    runner.run(run_request(EXCLUDED))
    other = make_source(tmp_path / "other.db")
    for _ in range(3):
        add_site(other)
    for suffix in ("", "-wal", "-shm"):
        source.with_name(source.name + suffix).unlink(missing_ok=True)
    shutil.copyfile(other, source)
    runner.run(run_request(EXCLUDED))
    assert sites(runner.settings) == 3


def test_questions_are_answered_from_the_committed_state_while_a_run_is_under_way(source: Path) -> None:
    with held_run(settings_of(source), run_request(EXCLUDED), before=EXCLUDED) as run:
        run.wait_until_held()
        assert sites(run.runner.settings) == 1
        add_site(source)
        answer = ask(run.runner.settings, q.TableRowsQuestion("sites"))
        assert (answer.total, answer.marks) == (1, ("",))
        run.let_through()
        run.result()


def test_nobody_is_let_take_the_replica_from_a_run_under_way(source: Path) -> None:
    with held_run(settings_of(source), run_request(EXCLUDED), before=EXCLUDED) as run:
        run.wait_until_held()
        with connect(run.runner.settings.socket_path, 30) as connection:
            send(connection, q.to_json(q.Release()))
            reply = q.reply_from_json(receive(connection))
        assert isinstance(reply, q.Refusal)
        assert reply.cause == "a run is under way on it"
        run.let_through()
        assert run.result().entries == 1


def test_the_socket_is_this_users_alone_and_goes_with_the_holder(
    open_runner: Callable[[], Runner], source: Path
) -> None:
    runner = open_runner()
    runner.run(run_request(EXCLUDED))
    path = runner.settings.socket_path
    assert path.parent == runner.settings.state_dir
    assert stat.S_ISSOCK(path.lstat().st_mode)
    assert stat.S_IMODE(path.lstat().st_mode) == 0o600
    runner.close()
    assert not path.exists()
    with pytest.raises(NobodyHolds):
        sites(runner.settings)


@pytest.mark.parametrize("kind", ["a link", "a file", "a dead socket"])
def test_whatever_stands_in_the_place_of_the_socket_is_replaced_and_no_link_is_followed(
    open_runner: Callable[[], Runner], tmp_path: Path, kind: str
) -> None:
    runner = open_runner()
    path, target = runner.settings.socket_path, tmp_path / "target"
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    target.write_text("mine")
    target.chmod(0o644)
    if kind == "a link":
        path.symlink_to(target)
    elif kind == "a file":
        path.write_text("x")
    else:
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(path))
    runner.run(run_request(EXCLUDED))
    assert sites(runner.settings) == 1
    assert stat.S_ISSOCK(path.lstat().st_mode)
    assert (target.read_text(), stat.S_IMODE(target.stat().st_mode)) == ("mine", 0o644)


def test_a_folder_whose_path_is_too_long_for_a_socket_has_it_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Path(tempfile.mkdtemp())
    monkeypatch.setenv("HOME", str(home))
    folder = tmp_path / ("long" * 20) / ("path" * 20)
    folder.mkdir(parents=True)
    db = make_source(folder / "sites.db")
    add_site(db)
    runner = Runner(settings_of(db))
    try:
        runner.run(run_request(EXCLUDED))
        path = runner.settings.socket_path
        assert path.parent == home / ".cache" / "sites-dashboard"
        assert len(os.fsencode(path)) <= MOST_PATH_BYTES
        assert sites(runner.settings) == 1
    finally:
        runner.close()
        shutil.rmtree(home)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"null",
        b'{"kind":"rows"}',
        b'{"kind":"sql","sql":"select 1"}',
        b"x" * 100_000,
        b"[" * 9_999,
    ],
    ids=lambda content: content[:20],
)
def test_what_is_no_question_is_refused_and_the_next_one_answered(shared: Runner, content: bytes) -> None:
    with connect(shared.settings.socket_path, 30) as connection:
        send(connection, content)
        assert isinstance(q.reply_from_json(receive(connection)), q.Refusal)
    assert sites(shared.settings) == 1


def test_askers_that_go_away_and_many_at_once_leave_the_others_their_answers(shared: Runner) -> None:
    for _ in range(5):
        with connect(shared.settings.socket_path, 30) as connection:
            send(connection, q.to_json(q.SearchQuestion("a")))
        with connect(shared.settings.socket_path, 30) as connection:
            connection.sendall(b"\0\0")
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(sites(shared.settings))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(100)
    assert found == [1] * 8


def test_a_table_that_the_source_lacks_is_named(open_runner: Callable[[], Runner], source: Path) -> None:
    execute(source, "drop table http_errors")
    runner = open_runner()
    runner.run(run_request(EXCLUDED))
    with pytest.raises(DashboardError, match="table http_errors: it is missing"):
        ask(runner.settings, q.TableRowsQuestion("http_errors"))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    db = make_source(tmp_path_factory.mktemp("shared") / "sites.db")
    add_site(db)
    runner = Runner(settings_of(db))
    runner.run(run_request(EXCLUDED))
    yield runner
    runner.close()
