"""Which files with deleted rows a round of maintenance writes again, and in which parts."""

from __future__ import annotations

import pytest

from engine.replica.lake import tables
from engine.replica.lake.tables import LakeTable, WornFile

MB = 1_000_000


def rewritten(*files: tuple[float, int]) -> list[list[float]]:
    """Return the shares of the files that each call writes again, if those before it have been."""
    shares = sorted(share for share, _ in files)
    table = LakeTable("main", "sites", 0, tuple(WornFile(*file) for file in sorted(files)), False)
    calls = []
    for threshold in table.rewrite_thresholds:
        calls.append([share for share in shares if share > threshold])
        shares = [share for share in shares if share <= threshold]
    return calls


@pytest.mark.parametrize(
    ("files", "calls"),
    [
        ([], []),
        ([(0.1, MB), (0.1, MB), (0.2, MB)], []),
        ([(0.1, MB), (0.3, MB)], [[0.3]]),
        # Few may keep deleted rows, those that have lost the least.
        ([(0.01, MB), (0.02, MB), (0.03, MB), (0.04, MB)], [[0.04]]),
        ([(0.1, MB)] * 5, [[0.1] * 5]),
        # Small files are written together, large ones one after the other, those first that have lost most.
        ([(0.3, MB), (0.4, MB), (0.5, MB)], [[0.3, 0.4, 0.5]]),
        ([(0.3, 64 * MB), (0.4, 64 * MB), (0.5, 64 * MB)], [[0.5], [0.4], [0.3]]),
        ([(0.3, 64 * MB), (0.4, 40 * MB), (0.5, 40 * MB)], [[0.4, 0.5], [0.3]]),
        # Of files that have lost as much the threshold leaves out none.
        ([(0.3, 64 * MB), (0.4, 64 * MB), (0.4, 64 * MB)], [[0.4, 0.4], [0.3]]),
        ([(1.5e-9, 64 * MB), *[(0.5e-9, MB)] * 3], [[1.5e-9]]),
    ],
)
def test_files_are_written_again_in_parts_of_a_bounded_size(
    files: list[tuple[float, int]], calls: list[list[float]]
) -> None:
    assert rewritten(*files) == calls


def test_parts_are_as_large_as_the_files_that_maintenance_makes() -> None:
    assert tables.REWRITTEN_BYTES == tables.FILE_MB * MB
