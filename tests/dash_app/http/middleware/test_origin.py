"""Only the dashboard's own pages change something or open its socket."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dash_app.http.delivery import CALLBACK_PATH
from dash_app.http.doors import INTERNAL, INTERNAL_KEY
from dash_app.http.middleware.origin import SameOrigin
from engine.model.setting_table.loading import load_settings
from tests.dash_app.http.middleware.given import Headers, a_scope, status

HOST = ("Host", "127.0.0.1:8050")
OWN = ("Origin", "http://127.0.0.1:8050")
JSON = ("Content-Type", "application/json")
PUBLIC = "https://dash.example.org"
Ask = Callable[..., int]


def posted(*headers: tuple[str, str], public: str = "", **more: object) -> int:
    return _answered(CALLBACK_PATH, "POST", (HOST, JSON, *headers), public, **more)


def connected(*headers: tuple[str, str], public: str = "", **more: object) -> int:
    return _answered("/live", "", (HOST, *headers), public, **more)


def _answered(path: str, method: str, headers: Headers, public: str, **more: object) -> int:
    settings = load_settings({"DASHBOARD_PUBLIC_URL": public}, Path("/no/such/.env"))
    return status(lambda app: SameOrigin(app, settings), a_scope(path, method, headers, **more))


@pytest.mark.parametrize("ask", [posted, connected])
class TestOfAPostAndOfASocket:
    @staticmethod
    @pytest.mark.parametrize(
        "headers",
        [
            (OWN,),
            (("Origin", "HTTP://127.0.0.1:8050"),),
            (("Sec-Fetch-Site", "same-origin"),),
            (("Sec-Fetch-Site", "same-origin"), OWN),
        ],
    )
    def test_its_own_pages_pass(ask: Ask, headers: Headers) -> None:
        assert ask(*headers) == 200

    @staticmethod
    @pytest.mark.parametrize(
        "headers",
        [
            (),
            (("Origin", "null"),),
            (("Origin", ""),),
            (("Origin", "https://evil.example"),),
            (("Origin", "http://127.0.0.1"),),
            (("Origin", "http://127.0.0.1:3000"),),
            (("Origin", "https://127.0.0.1:8050"),),
            (("Origin", "http://127.0.0.1:8050.evil.example"),),
            (("Origin", "http://127.0.0.1:8050/x"),),
            (OWN, ("Origin", "https://evil.example")),
            (("Sec-Fetch-Site", "cross-site"),),
            (("Sec-Fetch-Site", "same-site"),),
            (("Sec-Fetch-Site", "none"),),
            (("Sec-Fetch-Site", "cross-site"), OWN),
            (("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")),
            (("Referer", "http://127.0.0.1:8050/"),),
        ],
    )
    def test_all_others_get_403(ask: Ask, headers: Headers) -> None:
        assert ask(*headers) == 403

    @staticmethod
    def test_the_public_address_counts_and_not_the_host_that_a_proxy_sends(ask: Ask) -> None:
        assert ask(("Origin", PUBLIC), public=PUBLIC) == 200
        assert ask(("Origin", f"{PUBLIC}:443"), public=f"{PUBLIC}/") == 200
        assert ask(OWN, public=PUBLIC) == 403
        assert ask(("Origin", "http://dash.example.org"), public=PUBLIC) == 403
        # A page opened at another of its addresses is known by what its browser says.
        assert ask(OWN, ("Sec-Fetch-Site", "same-origin"), public=PUBLIC) == 200

    @staticmethod
    def test_a_token_without_a_cookie_is_left_to_who_knows_tokens(ask: Ask) -> None:
        token = ("Authorization", "Bearer abc")
        assert ask(token) == ask(("Authorization", "bearer abc")) == 200
        assert ask(token, ("Cookie", "dashboard_8050=x")) == 403
        # A page can make a browser send these, by an address with a password in it.
        assert ask(("Authorization", "Basic YTpi")) == 403
        assert ask(token, token) == 403

    @staticmethod
    def test_what_the_process_asks_of_itself_passes(ask: Ask) -> None:
        assert ask(**{INTERNAL_KEY: INTERNAL}) == 200


def test_under_tls_the_origin_is_https() -> None:
    own = ("Origin", "https://127.0.0.1:8050")
    assert posted(own, scheme="https") == connected(own, scheme="wss") == 200
    assert posted(OWN, scheme="https") == connected(OWN, scheme="wss") == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "X"])
def test_every_method_but_get_and_head_is_one_that_may_change_something(method: str) -> None:
    foreign = (HOST, ("Origin", "https://evil.example"))
    assert _answered("/", method, foreign, "") == 403
    assert _answered("/", "GET", foreign, "") == _answered("/", "HEAD", foreign, "") == 200


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ((JSON,), 200),
        ((("Content-Type", "Application/JSON; charset=utf-8"),), 200),
        ((), 415),
        ((("Content-Type", "text/plain"),), 415),
        ((("Content-Type", "text/plain; application/json"),), 415),
        ((("Content-Type", "application/x-www-form-urlencoded"),), 415),
        ((("Content-Type", "multipart/form-data; boundary=x"),), 415),
        ((JSON, JSON), 415),
    ],
)
def test_a_callback_takes_json_alone(sent: Headers, expected: int) -> None:
    assert _answered(CALLBACK_PATH, "POST", (HOST, OWN, *sent), "") == expected
