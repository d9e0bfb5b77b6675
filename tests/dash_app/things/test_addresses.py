"""Addresses of things: whatever names one survives the way into an address and back."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dash_app.http.doors import door_of
from dash_app.things.addresses import (
    ErrorKey,
    error_of,
    error_path,
    job_of,
    job_path,
    query_of,
    site_of,
    site_path,
)

KEYS = ("", "a/b", "..", ".", "a b", "~", "~YQ", "%2F", "a\nb", "\\", "?x=1#y", "é", "%", "/" * 50, "<b>")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=200)


@pytest.mark.parametrize("key", [*KEYS, "send_outreach", "a.b-c"])
def test_a_job_is_found_again_by_its_address(key: str) -> None:
    path = job_path(key)
    assert path is not None
    assert job_of(path) == key
    # Neither proxies nor the server's own rules change such a path.
    assert re.fullmatch(r"/job/[~A-Za-z0-9_.-]+", path)
    door = door_of({"type": "http", "path": unquote(path)})
    assert door is not None
    assert door.pattern == "/job/{task_key:path}"


@given(TEXTS)
def test_any_job_has_an_address_of_its_own(key: str) -> None:
    path = job_path(key)
    assert path is not None
    assert job_of(path) == key


def test_a_plain_key_is_readable_in_its_address() -> None:
    assert job_path("send_outreach") == "/job/send_outreach"


def test_a_key_that_no_path_can_hold_leads_nowhere() -> None:
    assert job_path("/" * 1000) is None
    assert job_path(None) is None


@given(TEXTS, st.none() | TEXTS, TEXTS)
def test_an_error_is_found_again_by_its_address(source: str, stage: str | None, message: str) -> None:
    path = error_path(source, stage, message)
    assert path is not None
    parts = urlsplit(path)
    assert parts.path == "/error"
    assert error_of(f"?{parts.query}") == ErrorKey(source, stage, message)


def test_other_parameters_of_an_address_change_no_error() -> None:
    assert error_of("?range=7d&source=site&message=x&compare=1") == ErrorKey("site", None, "x")


@pytest.mark.parametrize("search", ["", "?", "?source=site", "?message=x", "?" + "a=1&" * 60, "?message=%ff"])
def test_a_query_that_names_no_error_is_none(search: str) -> None:
    assert error_of(search) is None


def test_a_site_is_found_again_with_its_contact() -> None:
    path = site_path("12", "7")
    assert path == "/site/12?contact=7"
    assert site_of(urlsplit(path).path) == "12"
    assert query_of(urlsplit(path).query)["contact"] == "7"
    assert site_of("/site/-3") == "-3"


@pytest.mark.parametrize(
    "path",
    ["/site/", "/site", "/site/x", "/site/1/2", "/sites/1", "/site/١٢", "/site/" + "9" * 19, "/site/1e3", ""],
)
def test_a_path_that_names_no_site_is_none(path: str) -> None:
    assert site_of(path) is None


@pytest.mark.parametrize("path", ["/job/", "/job", "/job/~*", "/job/~/w", "/job/~_w", "/jobs/x"])
def test_a_path_that_names_no_job_is_none(path: str) -> None:
    assert job_of(path) is None
