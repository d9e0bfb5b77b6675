"""The command line, called in the test's own process, for commands that compute nothing."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from engine.cli.main import main
from tests.engine.programs import Command


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Return a function of arguments and settings that runs a command in the test's folder."""
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
