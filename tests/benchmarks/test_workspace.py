"""Where the benchmark works: enough room, nothing left behind, databases found again."""

from __future__ import annotations

import json
import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from benchmarks.workspace import Size, database, require_room, working_folder
from engine.model.errors import SettingError

TINY = Size(0.001, 40, 1)
Usage = namedtuple("Usage", "total used free")


def nothing(_: int, __: int) -> None:
    return None


def test_a_temporary_folder_goes_even_when_the_benchmark_fails() -> None:
    with pytest.raises(RuntimeError), working_folder(None) as folder:
        (folder / "sites.db").write_text("x")
        raise RuntimeError
    assert not folder.exists()


def test_a_folder_that_is_to_be_kept_stays(tmp_path: Path) -> None:
    with working_folder(tmp_path / "a" / "b") as folder:
        (folder / "sites.db").write_text("x")
    assert (tmp_path / "a" / "b" / "sites.db").exists()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingError, match="cannot be made"), working_folder(tmp_path / "file" / "b"):
        pass


def test_too_little_room_is_told_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, 10**9))
    require_room(tmp_path, [Size(1, 90, 1)])
    with pytest.raises(SettingError, match=r"6\.1 GB are needed and 1\.0 GB are free; .*--scale"):
        require_room(tmp_path, [Size(50, 90, 1)])
    assert not list(tmp_path.iterdir())


def test_a_kept_database_is_found_again_with_an_empty_state(tmp_path: Path) -> None:
    made = database(tmp_path, TINY, nothing)
    (made.state_dir / "replica").write_text("x")
    found = database(tmp_path, TINY, nothing)
    assert made.made_seconds is not None
    assert found.made_seconds is None
    assert (found.path, found.rows) == (made.path, made.rows)
    assert not list(found.state_dir.iterdir())


def test_a_kept_database_whose_windows_have_emptied_is_made_again(tmp_path: Path) -> None:
    note = database(tmp_path, TINY, nothing).path.with_suffix(".json")
    old = json.loads(note.read_text())
    note.write_text(json.dumps(old | {"now": "2020-01-01T00:00:00Z"}))
    assert database(tmp_path, TINY, nothing).made_seconds is not None
