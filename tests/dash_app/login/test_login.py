"""Nothing is shown to who is not logged in, and a login is over when it is said to be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from dash_app.http.doors import DOORS, INTERNAL_KEY, Access
from engine.model.access import Role, Scope
from engine.model.clock import wall_clock
from engine.sessions.keys import digest_of, new_secret
from engine.sessions.opened import LoginState, logins
from tests.dash_app.login.given import (
    OPERATOR,
    VIEWER,
    browser,
    live,
    log_in,
    logged_in,
    message,
    serving,
    settings_with_login,
)

COOKIE = "dashboard_8050"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FastAPI, LoginState]]:
    folder: Path = tmp_path_factory.mktemp("login")
    settings = settings_with_login(folder)
    with serving(settings) as (server, _), logins(settings) as state:
        yield server, state


@pytest.fixture
def server(opened: tuple[FastAPI, LoginState]) -> FastAPI:
    return opened[0]


@pytest.fixture
def state(opened: tuple[FastAPI, LoginState]) -> LoginState:
    return opened[1]


def path_of(pattern: str) -> str:
    return re.sub(r"\{.*?\}", "x", pattern)


CLOSED = [door for door in DOORS if door.access is not Access.OPEN]


@pytest.mark.parametrize("pattern", [door.pattern for door in CLOSED if not door.is_socket])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_no_door_opens_without_a_login(server: FastAPI, pattern: str, method: str) -> None:
    path = path_of(pattern)
    answer = browser(server).request(method, path, headers={"Content-Type": "application/json"})
    assert answer.status_code in (303, 401, 405), path
    if answer.status_code == 303:
        assert answer.headers["location"].startswith("/login")
    assert "public" not in answer.headers.get("cache-control", "")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/no-such-page", "/api/nothing", "/_dash-nothing", "/live", "/assets/../x"])
def test_an_unknown_address_is_closed_too(server: FastAPI, path: str) -> None:
    assert browser(server).get(path).status_code in (303, 400, 401)


def test_a_socket_without_a_login_is_closed_with_4401_and_says_nothing(server: FastAPI) -> None:
    with live(browser(server)) as socket, pytest.raises(WebSocketDisconnect) as closed:
        socket.receive_text()
    assert closed.value.code == 4401


def test_no_header_of_a_client_makes_its_request_the_processes_own(server: FastAPI) -> None:
    for name in (INTERNAL_KEY, "dashboard_internal", "dashboard.identity", "X-Internal"):
        assert browser(server, **{name: "1"}).get("/state").status_code == 401


def test_the_login_page_and_what_it_needs_are_open(server: FastAPI) -> None:
    client = browser(server)
    page = client.get("/login")
    assert page.status_code == 200
    assert "<script" not in page.text
    linked = re.findall(r'(?:href|src)="([^"]+)"', page.text)
    assert len(linked) == 2
    for address in linked:
        assert client.get(address).status_code == 200, address
    assert client.get("/health").status_code == 200


def test_a_page_leads_to_the_login_and_the_login_back_to_where_it_was(server: FastAPI) -> None:
    client = browser(server)
    answer = client.get("/llm?range=7d&compare=1")
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/login?next=/llm%3Frange%3D7d%26compare%3D1",
    )
    page = client.get(answer.headers["location"])
    assert 'name="next" value="/llm?range=7d&amp;compare=1"' in page.text
    answer = log_in(client, OPERATOR, next="/llm?range=7d&compare=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/llm?range=7d&compare=1")
    assert client.get("/llm?range=7d&compare=1").status_code == 200
    again = client.get("/login?next=/llm")
    assert (again.status_code, again.headers["location"]) == (303, "/llm")


@pytest.mark.parametrize(
    "next_",
    [
        "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example", "javascript:1",
        "/\t/evil.example", "/\n/evil.example", "/\r\nSet-Cookie: a=b", " //evil.example", "evil.example", "",
        "/login", "/login?next=/login", "/logout", "/\x00", "/é", "///evil.example", "/" + "x" * 3000,
        "http:evil.example", "/ /evil.example", "%2F%2Fevil.example",
        "/../other", "/jobs/..", "/./jobs", "/%2e%2E/other", "/jobs/.%2e?x=1",
    ],
)  # fmt: skip
def test_a_login_leads_to_no_other_place(server: FastAPI, next_: str) -> None:
    client = browser(server)
    answer = log_in(client, OPERATOR, next=next_)
    assert answer.headers["location"] == "/"
    assert client.get("/login", params={"next": next_}).headers["location"] == "/"


def test_an_address_that_is_encoded_twice_stays_a_path_of_this_host(server: FastAPI) -> None:
    answer = log_in(browser(server), OPERATOR, next="/%2Fevil.example")
    assert httpx.URL("http://localhost:8050").join(answer.headers["location"]).host == "localhost"


def test_the_cookie_is_for_this_dashboard_alone_and_for_no_script(server: FastAPI) -> None:
    answer = log_in(browser(server), OPERATOR)
    session, device = answer.headers.get_list("set-cookie")
    assert re.fullmatch(rf"{COOKIE}=[\w-]{{43}}; Path=/; Max-Age=1209600; HttpOnly; SameSite=Lax", session)
    assert device.startswith(f"{COOKIE}-device=")
    assert "HttpOnly" in device


def test_a_session_has_a_new_id_whatever_the_browser_sent(server: FastAPI, state: LoginState) -> None:
    chosen = new_secret()
    answer = browser(server, Cookie=f"{COOKIE}={chosen}").post("/login", data={"password": OPERATOR})
    assert answer.status_code == 303
    assert chosen not in answer.headers["set-cookie"]
    assert state.sessions.find_session(chosen, wall_clock()) is None
    fixed = browser(server)
    fixed.cookies.set(COOKIE, chosen)
    assert fixed.get("/state").status_code == 401


def test_logging_in_again_ends_the_session_before(server: FastAPI, state: LoginState) -> None:
    client = logged_in(server)
    before = client.cookies[COOKIE]
    log_in(client, OPERATOR)
    assert client.cookies[COOKIE] != before
    assert state.sessions.find_session(before, wall_clock()) is None


def test_a_cookie_is_worth_nothing_after_the_logout(server: FastAPI) -> None:
    client = logged_in(server)
    stolen = client.cookies[COOKIE]
    assert client.get("/state").status_code == 200
    answer = client.post("/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?left=1")
    assert f"{COOKIE}=; Path=/; Max-Age=0" in answer.headers["set-cookie"]
    assert message(client.get("/login?left=1")) == "You are logged out."
    thief = browser(server)
    thief.cookies.set(COOKIE, stolen)
    assert thief.get("/state").status_code == 401
    assert client.get("/state").status_code == 401


def test_an_ended_session_is_closed_within_a_second_in_another_process(
    server: FastAPI, state: LoginState
) -> None:
    client = logged_in(server)
    with live(client) as socket:
        assert "version" in socket.receive_json()
        # The store is opened twice, as by two processes.
        assert state.sessions.end_session(digest_of(client.cookies[COOKIE]))
        with pytest.raises(WebSocketDisconnect) as closed:
            while True:
                socket.receive_text()
    assert closed.value.code == 4401
    assert client.get("/state").status_code == 401


def test_every_failure_is_answered_alike(server: FastAPI) -> None:
    answers = [
        browser(server, f"198.51.100.{number}").post("/login", data=data)
        for number, data in enumerate(
            [
                {"password": "wrong"},
                {"password": ""},
                {"name": "x"},
                {"password": "x" * 2000},
                {"password": "é\0"},
            ]
        )
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}
    assert message(answers[0]) == "Wrong password."
    assert "set-cookie" not in answers[0].headers


def test_a_form_that_cannot_be_read_is_a_failed_login(server: FastAPI) -> None:
    client = browser(server, "198.51.100.20")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in (b"\xff\xfe", b"&" * 100, b"a=1&" * 50, b'{"password": 1}', b"password=%zz"):
        assert client.post("/login", content=body, headers=headers).status_code == 401


def test_the_eleventh_failure_of_an_address_waits_and_the_right_password_with_it(server: FastAPI) -> None:
    stranger = browser(server, "203.0.113.7")
    assert [log_in(stranger, "wrong").status_code for _ in range(10)] == [401] * 10
    answer = log_in(stranger, OPERATOR)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert message(answer) == f"Too many attempts. Try again in {answer.headers['retry-after']} s."
    assert log_in(browser(server, "203.0.113.8"), OPERATOR).status_code == 303


def test_neighbours_in_one_ipv6_network_are_counted_together(server: FastAPI) -> None:
    for number in range(10):
        assert log_in(browser(server, f"2001:db8:7::{number:x}"), "wrong").status_code == 401
    assert log_in(browser(server, "2001:db8:7::ffff"), "wrong").status_code == 429
    assert log_in(browser(server, "2001:db8:7:1::1"), "wrong").status_code == 401


def test_a_stranger_at_the_same_address_does_not_lock_the_operator_out(server: FastAPI) -> None:
    operator = logged_in(server, address="203.0.113.9")
    stranger = browser(server, "203.0.113.9")
    while log_in(stranger, "wrong").status_code != 429:
        pass
    assert operator.get("/state").status_code == 200
    operator.post("/logout")
    assert log_in(operator, OPERATOR).status_code == 303
    # What a stranger makes up is no known browser.
    stranger.cookies.set(f"{COOKIE}-device", new_secret())
    assert log_in(stranger, OPERATOR).status_code == 429


def test_a_known_browser_may_not_guess_for_ever_either(server: FastAPI) -> None:
    client = logged_in(server, OPERATOR, "203.0.113.10")
    statuses = [log_in(client, "wrong").status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]


def test_a_viewer_gains_no_further_guesses_by_logging_in(server: FastAPI) -> None:
    for _ in range(3):
        viewer = logged_in(server, VIEWER, "203.0.113.11")
        assert f"{COOKIE}-device" not in viewer.cookies
        assert [log_in(viewer, "wrong").status_code for _ in range(3)] == [401] * 3
    statuses = [log_in(browser(server, "203.0.113.11"), "wrong").status_code for _ in range(2)]
    assert statuses == [401, 429]


def test_a_link_is_shown_first_and_logs_in_once(server: FastAPI, state: LoginState) -> None:
    code = state.sessions.make_link(Role.OPERATOR, wall_clock())
    client = browser(server, "203.0.113.11")
    # A program that looks at links in messages does not use it up.
    assert f'name="code" value="{code}"' in client.get(f"/login?code={code}").text
    answer = client.post("/login", data={"code": code, "next": "/jobs"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/jobs")
    assert client.get("/state").status_code == 200
    again = browser(server).post("/login", data={"code": code})
    assert again.status_code == 401
    assert message(again).startswith("This link has been used, or is too old.")


def test_a_link_is_written_into_the_page_as_text(server: FastAPI) -> None:
    text = (
        browser(server).get("/login", params={"code": '"><script>alert(1)</script>', "next": '/"><b>'}).text
    )
    assert "<script" not in text
    assert "<b>" not in text


def test_nobody_logs_in_by_the_address(server: FastAPI) -> None:
    client = browser(server)
    assert client.get("/login", params={"password": OPERATOR}).status_code == 200
    assert client.get("/logout").status_code == 405
    assert client.get("/state").status_code == 401


@pytest.mark.parametrize("path", ["/login?left=1", "/login", "/logout"])
def test_who_asks_for_head_gets_no_more_than_with_get(server: FastAPI, path: str) -> None:
    client = browser(server)
    assert client.head(path).status_code == client.get(path).status_code


def bearing(server: FastAPI, secret: str, **headers: str) -> TestClient:
    return browser(server, Authorization=f"Bearer {secret}", **headers)


def test_a_token_opens_what_its_scope_says(server: FastAPI, state: LoginState) -> None:
    opened: dict[Scope, list[int]] = {}
    for scope in Scope:
        secret = state.tokens.create_token(f"{scope} test", scope, contacts=False, now=wall_clock())
        client = bearing(server, secret)
        opened[scope] = [client.get(path).status_code for path in ("/api/pages", "/metrics", "/state", "/")]
    assert opened == {
        Scope.READ: [200, 403, 200, 200],
        Scope.METRICS: [403, 200, 403, 403],
        Scope.REFRESH: [200, 403, 200, 200],
    }


def test_a_token_counts_in_the_authorization_header_alone(server: FastAPI, state: LoginState) -> None:
    secret = state.tokens.create_token("elsewhere", Scope.READ, contacts=False, now=wall_clock())
    client = browser(server)
    for name in ("token", "access_token", "authorization", "api_key", "code"):
        assert client.get("/api/pages", params={name: secret}).status_code == 401
        assert client.get("/api/pages", headers={f"X-{name.title()}": secret}).status_code == 401
    client.cookies.set(COOKIE, secret)
    assert client.get("/api/pages").status_code == 401
    client.cookies.clear()
    assert client.get("/api/pages", headers={"Authorization": f"Basic {secret}"}).status_code == 401
    assert client.get("/api/pages", headers={"Authorization": f"bearer {secret}"}).status_code == 200


def test_a_wrong_token_is_not_saved_by_a_cookie(server: FastAPI) -> None:
    client = logged_in(server)
    assert client.get("/api/pages", headers={"Authorization": "Bearer sdt_wrong"}).status_code == 401
    assert client.get("/api/pages", headers={"Authorization": "Bearer "}).status_code == 401
    twice = [("Authorization", "Bearer a"), ("Authorization", "Bearer b")]
    assert client.get("/api/pages", headers=twice).status_code == 401


def test_a_revoked_token_is_refused_and_its_socket_closed(server: FastAPI, state: LoginState) -> None:
    secret = state.tokens.create_token("short", Scope.READ, contacts=False, now=wall_clock())
    with live(bearing(server, secret)) as socket:
        assert "version" in socket.receive_json()
        state.tokens.revoke_token("short")
        with pytest.raises(WebSocketDisconnect) as closed:
            while True:
                socket.receive_text()
    assert closed.value.code == 4401
    assert bearing(server, secret).get("/api/pages").status_code == 401


def test_answers_to_who_is_logged_in_are_kept_by_no_cache_between(server: FastAPI) -> None:
    client = logged_in(server)
    for path in ("/", "/api/page/llm", "/state", "/_dash-layout"):
        kept = client.get(path).headers.get("cache-control", "")
        assert "public" not in kept, path
