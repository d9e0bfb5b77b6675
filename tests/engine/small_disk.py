"""Mounts that tests make: a file, and a folder on a disk of its own that is small enough to be filled."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """Mount a disk of 12 MB at a new folder until the block ends; skip the test where that is not allowed."""
    folder.mkdir()
    with mounted("-t", "tmpfs", "-o", "size=12m", "tmpfs", at=folder):
        yield folder


@contextmanager
def mounted(*what: str, at: Path) -> Iterator[None]:
    """Mount something until the block ends; skip the test where that is not allowed."""
    mount = ["mount", *what, str(at)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount; run the tests as root, in a container that may mount")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(at)], check=True)


def fill(folder: Path) -> None:
    """Fill the disk of a folder to its last block."""
    with (folder / "filler").open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(4096))
        except OSError:
            return


def make_read_only(folder: Path) -> None:
    """Let nobody write to the disk of a folder, not even root."""
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
