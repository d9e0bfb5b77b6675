"""Programs that tests start: the dashboard's command, and short Python scripts beside the test."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]


Command = Callable[..., subprocess.CompletedProcess[str]]


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **extra}


def dashboard(
    *arguments: str | Path, cwd: Path, env: Mapping[str, str] | None = None, prefix: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m engine`` to its end; neither stdout nor stderr is a terminal."""
    return run_module("engine", *arguments, cwd=cwd, env=env, prefix=prefix)


def run_module(
    module: str,
    *arguments: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
) -> subprocess.CompletedProcess[str]:
    """Run ``python -m MODULE`` to its end; neither stdout nor stderr is a terminal."""
    command = [*prefix, sys.executable, "-m", module, *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, env=environment(env or {}), capture_output=True, text=True, timeout=240, check=False
    )


def start_script(script: str, *arguments: str | Path) -> subprocess.Popen[str]:
    """Start a Python script with pipes to its stdin and from its stdout."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment({}),
    )  # fmt: skip


def read_line(process: subprocess.Popen[str]) -> str:
    """Return the next line that a started program prints."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


def send_line(process: subprocess.Popen[str], line: str = "") -> None:
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()


def one_line_of_failure(result: subprocess.CompletedProcess[str], program: str = "dashboard") -> str:
    """Assert exit status 1 and one line on stderr, without a traceback; return that line."""
    assert result.returncode == 1, result.stderr
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith(f"{program}: ")
    return lines[0].removeprefix(f"{program}: ")
