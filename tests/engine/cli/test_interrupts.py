"""Ctrl-C ends a command even if Python swallows it."""

from __future__ import annotations

import subprocess
import sys

SWALLOWED = """
import click, time
from engine.cli.main import run_command

class Finalized:
    def __del__(self):
        raise KeyboardInterrupt

@click.command()
def wait():
    one = Finalized()
    del one
    time.sleep(120)

run_command(wait, "waiting", [])
"""


def test_an_interrupt_in_a_finalizer_ends_the_command_with_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SWALLOWED], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (1, "waiting: interrupted")
