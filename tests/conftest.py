"""What holds for every test: no setting leaks in from the environment that the tests run in.

And the one thing that several folders need: an engine process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from engine.runs.engine_process import EngineProcess


@pytest.fixture(scope="session", autouse=True)
def no_setting_of_the_environment() -> Iterator[None]:
    """Take the dashboard's variables out of the environment; programs that tests start inherit that."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("DASHBOARD_") or name == "PORT"]:
            patch.delenv(name)
        yield


@pytest.fixture(scope="module")
def engine() -> Iterator[EngineProcess]:
    """Return an engine process for the tests of one module."""
    # Imported here because most tests need none, and start sooner without it.
    from engine.runs.engine_process import EngineProcess

    process = EngineProcess()
    yield process
    process.close()
