"""What holds for every test: no setting leaks in from the environment that the tests run in."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def no_setting_of_the_environment() -> Iterator[None]:
    """Take the dashboard's variables out of the environment; programs that tests start inherit that."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("DASHBOARD_") or name == "PORT"]:
            patch.delenv(name)
        yield
