"""A source that is mounted without its folder is refused, because its log would not be shared."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.model.errors import SourceError
from engine.model.source_file.mounts import require_folder_with
from tests.engine import small_disk
from tests.engine.programs import dashboard, one_line_of_failure
from tests.engine.source_database import make_source


@pytest.fixture(params=["data", "a b\\c"])
def mounted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """A source database that is mounted alone in another folder."""
    folder = tmp_path / request.param
    folder.mkdir()
    there = folder / "sites.db"
    there.touch()
    with small_disk.mounted("--bind", str(make_source(tmp_path / "sites.db")), at=there):
        yield there


def test_a_file_mounted_alone_is_refused(mounted: Path) -> None:
    with pytest.raises(SourceError) as failure:
        require_folder_with(mounted)
    assert str(failure.value) == (
        f"{mounted}: the file is mounted without its folder, and SQLite's log lies beside the file;"
        " mount the folder"
    )


def test_every_command_refuses_it(mounted: Path, tmp_path: Path) -> None:
    for words in (("precompute",), ("cache", "stats")):
        line = one_line_of_failure(dashboard(*words, "--db", mounted, cwd=tmp_path))
        assert "mounted without its folder" in line
    assert {path.name for path in mounted.parent.iterdir()} == {"sites.db"}


def test_a_file_in_a_mounted_folder_is_fine(tmp_path: Path) -> None:
    require_folder_with(make_source(tmp_path / "sites.db"))


def test_without_a_table_of_mounts_nothing_is_refused(tmp_path: Path) -> None:
    require_folder_with(tmp_path / "sites.db", tmp_path / "no such file")
