"""Several sources have one login: one page, one session, one logout."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.dash_app.sources.given import serving_several, settings_of_several

PASSWORD = "a long password for all"


@pytest.fixture(scope="module")
def guarded(files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = settings_of_several(
        files,
        DASHBOARD_PASSWORD=PASSWORD,
        DASHBOARD_BASE_PATH="/base",
        DASHBOARD_STATE_DIR=str(tmp_path_factory.mktemp("state")),
    )
    with serving_several(settings, computed=False) as client:
        client.follow_redirects = False
        yield client


def test_each_page_leads_to_the_one_login_and_back(guarded: TestClient) -> None:
    guarded.cookies.clear()
    for path, after in (
        ("/base/", "/base/login"),
        ("/base/north/llm?range=7d", "/base/login?next=/north/llm%3Frange%3D7d"),
        ("/base/south/login", "/base/login"),
    ):
        answer = guarded.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, after)
    for path in ("/base/api/sources", "/base/api/north/pages", "/base/south/api/pages", "/base/metrics"):
        assert guarded.get(path).status_code == 401, path


def test_a_login_and_a_logout_are_of_all_sources(guarded: TestClient) -> None:
    form = {"password": PASSWORD, "next": "/north/llm"}
    answer = guarded.post("/base/login", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/base/north/llm")
    for path in ("/base/", "/base/north/llm", "/base/south/", "/base/api/sources", "/base/api/south/pages"):
        assert guarded.get(path).status_code == 200, path
    page = guarded.get("/base/south/").text
    assert 'action="/base/logout"' in page.replace("\\", "")
    assert guarded.post("/base/logout").headers["location"] == "/base/login?left=1"
    for path in ("/base/north/llm", "/base/south/", "/base/"):
        assert guarded.get(path).status_code == 303, path
