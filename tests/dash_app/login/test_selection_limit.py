"""New ranges and filters are counted over all web processes, and by each alone if that cannot be."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from dash_app.login.selection_limit import SelectionLimit
from engine.model.errors import SourceError
from engine.sessions import limits
from engine.sessions.file import SessionFile
from engine.sessions.limits import Limits
from engine.sessions.opened import shared_limits
from tests.engine.source_database import execute, settings_of


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_SELECTIONS", 2)


def taken(limit: SelectionLimit, *names: str, login: str = "a") -> int:
    return asyncio.run(limit.take(login, names))


def test_two_processes_have_one_count(tmp_path: Path) -> None:
    with closing(SessionFile(tmp_path / "sessions")) as file:
        one, other = (SelectionLimit(lambda: Limits(file)) for _ in range(2))
        assert taken(one, "x?range=7d", "x") == 0
        assert taken(other, "x?range=24h") == 0
        assert taken(one, "x?range=90d") > 3500
        assert taken(one, "x?range=90d", login="b") == 0
        assert taken(one, "x?range=24h", "x?range=7d", "x") == 0
        # The same range of another source is another one.
        assert taken(SelectionLimit(lambda: Limits(file), "north"), "x?range=7d") > 3500


def test_what_was_asked_for_already_is_remembered_here(tmp_path: Path) -> None:
    opened: list[int] = []

    def open_shared() -> None:
        opened.append(1)

    limit = SelectionLimit(open_shared)
    assert taken(limit, "x?range=7d") == taken(limit, "x?range=7d") == taken(limit, "x") == 0
    assert len(opened) == 1


def test_a_process_counts_alone_while_the_count_cannot_be_had() -> None:
    def away() -> None:
        raise SourceError("the server", "it is away", "start it")

    limit = SelectionLimit(away)
    assert taken(limit, "x?range=7d", "x?range=24h") == 0
    assert taken(limit, "x?range=90d") > 3500


def test_without_a_login_the_count_is_beside_a_cache_in_postgresql(tmp_path: Path, postgres_url: str) -> None:
    settings = settings_of(tmp_path / "sites.db", DASHBOARD_CACHE_URL=postgres_url)
    shared = shared_limits(settings, None)
    assert shared is not None
    one, other = SelectionLimit(lambda: shared), SelectionLimit(lambda: shared_limits(settings, None))
    assert taken(one, "x?range=7d", "x?range=24h") == 0
    assert taken(other, "x?range=90d") > 3500
    # A version before had no such table.
    execute(settings.store, "drop table asked_selections")
    assert taken(SelectionLimit(lambda: shared_limits(settings, None)), "x?range=90d") == 0
    assert shared_limits(settings_of(tmp_path / "sites.db"), None) is None
