"""What holds for every test: no setting leaks in from the environment that the tests run in.

Pages load the front end that is built of the present sources. And the one thing that several folders need:
an engine process.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from dash_app.frontend.build import FrontendError, build

if TYPE_CHECKING:
    from engine.runs.engine_process import EngineProcess


def pytest_sessionstart(session: pytest.Session) -> None:
    """Build the front end if its sources have changed; where that fails, the tests of pages say so."""
    if not hasattr(session.config, "workerinput"):
        with contextlib.suppress(FrontendError):
            build()


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
