"""A source database for each test, one engine process for all tests of this folder, and the command line."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.runs import Runner, adhoc
from engine.runs import runner as runners
from engine.runs.processes.engine_process import EngineProcess
from tests.engine.programs import Command
from tests.engine.source_database import make_source, settings_of


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A database with the pipeline's tables, without rows, never migrated."""
    return make_source(tmp_path / "sites.db")


@pytest.fixture(scope="session")
def _one_runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    runner = Runner(settings_of(tmp_path_factory.mktemp("no-source") / "sites.db"))
    yield runner
    runner.close()


@pytest.fixture
def runner(_one_runner: Runner, source: Path) -> Iterator[Runner]:
    """A runner on this test's source, with the engine process that all tests share."""
    _one_runner.settings = settings_of(source)
    yield _one_runner
    _one_runner.finish_integrity_check()


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return a function of arguments and settings that runs a command in the test's process and folder.

    For a command that computes see ``computing``.
    """
    # Imported here because most tests of this folder need no command.
    from engine.cli.main import main

    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path, **env: str) -> subprocess.CompletedProcess[str]:
        for name, text in env.items():
            monkeypatch.setenv(name, text)
        words = [str(argument) for argument in arguments]
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(words)
        printed = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return subprocess.CompletedProcess(words, ended.value.code, printed.out, printed.err)

    return run


class _SharedEngine(EngineProcess):
    """An engine process that outlives the commands it computes for."""

    def close(self) -> None:
        """Leave the process to the next command."""


@pytest.fixture(scope="session")
def _one_engine() -> Iterator[EngineProcess]:
    process = _SharedEngine()
    yield process
    EngineProcess.close(process)


@pytest.fixture
def computing(command: Command, _one_engine: EngineProcess, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return the same for commands that compute; all have one engine process, whose start takes longest."""
    for module in (adhoc, runners):
        monkeypatch.setattr(module, "EngineProcess", lambda: _one_engine)
    return command
