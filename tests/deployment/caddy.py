"""Caddy as tests run it: an ordinary process with the file of ``deploy/caddy``, for the time of a block."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.deployment.nginx import ROOT, listens

CADDYFILE = ROOT / "deploy" / "caddy" / "Caddyfile"
NAME, NAME_WITH_PATH = "dashboard.example.org", "www.example.org"
"""The names that the file serves: one of the dashboard alone, one with the dashboard below a path."""


@contextmanager
def running_caddy(folder: Path, port: int, dashboard_port: int, port_below_path: int) -> Iterator[None]:
    """Run Caddy until the block ends; it listens on ``port`` without TLS, and tells names apart by Host.

    The dashboards behind it, that of a name and that of a path, are at the other two ports.
    """
    text = CADDYFILE.read_text(encoding="utf-8")
    for ours, theirs in (
        (f"\n{NAME} {{", f"\nhttp://{NAME}:{port} {{"),
        (f"\n{NAME_WITH_PATH} {{", f"\nhttp://{NAME_WITH_PATH}:{port} {{"),
        ("127.0.0.1:8050", f"127.0.0.1:{dashboard_port}"),
        ("127.0.0.1:8051", f"127.0.0.1:{port_below_path}"),
    ):
        assert ours in text, ours
        text = text.replace(ours, theirs)
    with running_caddyfile(folder, port, text):
        yield


@contextmanager
def running_caddyfile(folder: Path, port: int, text: str) -> Iterator[None]:
    """Run Caddy with a file that listens on ``port``, until the block ends."""
    config, log_path = folder / "Caddyfile", folder / "caddy.log"
    config.write_text(f"{{\n\tadmin off\n\tdefault_bind 127.0.0.1\n}}\n{text}", encoding="utf-8")
    program = shutil.which("caddy")
    assert program is not None, "caddy is missing; run `sh tests/install.sh`"
    with log_path.open("w") as log:
        process = subprocess.Popen(
            [program, "run", "--adapter", "caddyfile", "--config", str(config)],
            env={**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            deadline = time.monotonic() + 60
            while not listens(port):
                assert process.poll() is None, log_path.read_text()
                assert time.monotonic() < deadline, log_path.read_text()
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait(30)
