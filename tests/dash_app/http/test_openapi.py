"""The API answers whatever its document allows to ask, and each answer is one that the document describes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from dash_app.http.openapi import openapi_document
from dash_app.server import create_server
from engine.model.questions import SearchAnswer, SearchQuestion, TextAnswer
from engine.model.setting_table.loading import load_settings
from engine.runs import computing
from tests.dash_app.given import FakeRunner, database, fill_cache
from tests.dash_app.http.real_server import Served, serving
from tests.engine.source_database import NOW

PASSWORD = "correct horse battery staple"
DOCUMENT = schemathesis.openapi.from_dict(openapi_document())
OPERATIONS: list[Any] = [found.ok() for found in DOCUMENT.get_all_operations() if isinstance(found, Ok)]


def answered(_: object, question: object, *__: object, **___: object) -> object:
    """Stand in for the process that holds the replica."""
    if isinstance(question, SearchQuestion):
        return SearchAnswer((), None)
    return TextAnswer("", "", "", "a text", contacts=False)


@pytest.fixture(scope="module", params=["", PASSWORD], ids=["open", "with a login"])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder: Path = tmp_path_factory.mktemp("openapi")
    db = database(folder)
    fill_cache(db, NOW)
    environ = {"DASHBOARD_DB": str(db), "DASHBOARD_PASSWORD": request.param}
    runner: Any = FakeRunner(db)
    with pytest.MonkeyPatch.context() as patch:
        # No process holds a replica here; what it may answer is its own tests' matter.
        patch.setattr(computing, "ask", answered)
        app = create_server(load_settings(environ, folder / "no.env"), runner=runner)
        with serving(app) as served:
            yield served


def test_the_document_has_operations() -> None:
    assert len(OPERATIONS) >= 3


@pytest.mark.parametrize(
    ("operation", "mode"),
    [
        pytest.param(operation, mode, id=f"{operation.label}, {mode.value}")
        for operation in OPERATIONS
        for mode in GenerationMode
        # Without a parameter nothing can be wrong about a request.
        if mode is GenerationMode.POSITIVE or "{" in operation.path
    ],
)
def test_each_answer_is_one_that_the_document_describes(
    served: Served, operation: Any, mode: GenerationMode
) -> None:
    @settings(
        max_examples=30, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        origin = f"http://127.0.0.1:{served.port}"
        case.call_and_validate(base_url=origin, headers={"Origin": origin}, allow_redirects=False)

    ask()
